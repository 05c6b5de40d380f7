/** Flags of an interface, as the system has them. */
export interface InterfaceFlags {
  readonly up: boolean;
  readonly broadcast: boolean;
  readonly pointToPoint: boolean;
  readonly multicast: boolean;
}

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
  /** Not known on every system: then it is up, and broadcast and multicast unless it is the loopback. */
  readonly flags?: InterfaceFlags;
}

/** Lists the addresses of this machine, interfaces in the system's order: the system's answer in the world, a list in tests. */
export type ListInterfaces = () => readonly NetInterface[];
