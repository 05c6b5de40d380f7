#!/bin/sh
# Starts Kvorum in a container. Takes the arguments and the environment of Consul's own image:
#
#   CONSUL_BIND_INTERFACE             interface whose address servers and members use (-bind)
#   CONSUL_CLIENT_INTERFACE           interface whose address clients use (-client)
#   CONSUL_LOCAL_CONFIG               JSON, written to a file of the configuration folder
#   CONSUL_DATA_DIR, CONSUL_CONFIG_DIR   folders other than /consul/data and /consul/config
#   CONSUL_ALLOW_PRIVILEGED_PORTS     accepted; give the container NET_BIND_SERVICE for ports below 1024
#   CONSUL_DISABLE_PERM_MGMT          leaves the owners of the folders alone
#
# Each may be spelt KVORUM_… as well, which counts first.
set -e

# Prints the first argument that is not empty.
first() {
  for value in "$@"; do
    if [ -n "$value" ]; then
      printf '%s' "$value"
      return 0
    fi
  done
}

program="${KVORUM_PROGRAM:-kvorum}"
data_dir="$(first "$KVORUM_DATA_DIR" "$CONSUL_DATA_DIR" /consul/data)"
config_dir="$(first "$KVORUM_CONFIG_DIR" "$CONSUL_CONFIG_DIR" /consul/config)"
bind_interface="$(first "$KVORUM_BIND_INTERFACE" "$CONSUL_BIND_INTERFACE")"
client_interface="$(first "$KVORUM_CLIENT_INTERFACE" "$CONSUL_CLIENT_INTERFACE")"
local_config="$(first "$KVORUM_LOCAL_CONFIG" "$CONSUL_LOCAL_CONFIG")"
leave_owners="$(first "$KVORUM_DISABLE_PERM_MGMT" "$CONSUL_DISABLE_PERM_MGMT")"

# The address of an interface is looked up by the agent itself, which ends with a clear message when there is none.
bind=""
if [ -n "$bind_interface" ]; then
  bind="-bind={{ GetInterfaceIP \"$bind_interface\" }}"
  echo "==> Servers and members use the address of interface '$bind_interface'"
fi
client=""
if [ -n "$client_interface" ]; then
  client="-client={{ GetInterfaceIP \"$client_interface\" }}"
  echo "==> Clients use the address of interface '$client_interface'"
fi

if [ -n "$local_config" ]; then
  mkdir -p "$config_dir"
  printf '%s' "$local_config" >"$config_dir/local.json"
fi

# Options alone are options of agent; a word that is a command of Kvorum is run by it; anything else is a program of its own.
case "${1:-}" in
  -*) set -- agent "$@" ;;
esac
case "${1:-}" in
  agent)
    shift
    set -- "$program" agent "-data-dir=$data_dir" "-config-dir=$config_dir" ${bind:+"$bind"} ${client:+"$client"} "$@"
    mkdir -p "$data_dir" "$config_dir"
    ;;
  acl | catalog | config | connect | debug | event | exec | force-leave | info | intention | join | keygen | keyring | kv | leave | lock | login | logout | \
    maint | members | monitor | operator | reload | rtt | services | snapshot | tls | validate | version | watch)
    set -- "$program" "$@"
    ;;
  kvorum | consul)
    shift
    set -- "$program" "$@"
    ;;
esac

# As root, the folders are given to the user of the image and the agent runs as that user.
if [ "$(id -u)" = 0 ] && [ "${1:-}" = "$program" ] && id kvorum >/dev/null 2>&1; then
  if [ -z "$leave_owners" ]; then
    for folder in "$data_dir" "$config_dir"; do
      if [ -d "$folder" ]; then chown -R kvorum:kvorum "$folder"; fi
    done
  fi
  set -- setpriv --reuid=kvorum --regid=kvorum --init-groups "$@"
fi
exec "$@"
