/** One address of one network interface of this machine. */
export interface NetInterface {
  readonly name: string;
  /** An IP, without zone and prefix length. */
  readonly address: string;
  readonly family: 4 | 6;
  readonly prefixLength: number;
  readonly loopback: boolean;
  /** Whether the default route goes out here. */
  readonly defaultRoute: boolean;
}

/** Lists the addresses of this machine: the system's answer in the world, a list in tests. */
export type ListInterfaces = () => readonly NetInterface[];
