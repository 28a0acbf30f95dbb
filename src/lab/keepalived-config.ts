/** One VRRP instance on one node. */
export interface KeepalivedSpec {
  readonly priority: number;
  /** With prefix length. VRRP announces one family; the other's addresses move along with it. */
  readonly addresses: readonly string[];
  /** A master of lower priority is left alone. */
  readonly nopreempt: boolean;
  /** -254 in it puts the instance into its fault state: it gives the addresses up. */
  readonly trackFile: string;
}

const INTERFACE = 'eth0';
const ROUTER_ID = 77;
/** Short, so that tests need not wait; sub-second intervals need VRRP version 3. */
const ADVERT_INTERVAL_S = 0.2;

/** keepalived.conf(5). Both nodes begin as backups: the higher priority wins the first election. */
export function keepalivedConfig(spec: KeepalivedSpec): string {
  const [announced, others] = [spec.addresses.filter(isIpv4), spec.addresses.filter(isIpv6)];
  return `global_defs {
    vrrp_version 3
    vrrp_garp_master_refresh 0
}
track_file leave {
    file ${spec.trackFile}
    weight 1
}
vrrp_instance shared {
    state BACKUP
    interface ${INTERFACE}
    virtual_router_id ${ROUTER_ID}
    priority ${spec.priority}
    advert_int ${ADVERT_INTERVAL_S}
    ${spec.nopreempt ? 'nopreempt' : ''}
    virtual_ipaddress {
        ${announced.map((address) => `${address} dev ${INTERFACE}`).join('\n        ')}
    }
    virtual_ipaddress_excluded {
        ${others.map((address) => `${address} dev ${INTERFACE}`).join('\n        ')}
    }
    track_file {
        leave
    }
}
`;
}

function isIpv6(address: string): boolean {
  return address.includes(':');
}

function isIpv4(address: string): boolean {
  return !isIpv6(address);
}
