/**
 * What one pass over a device found, under the names that `agent probe --json` prints. A field is absent where the device did not say;
 * nothing is guessed. Counters are absolute readings.
 */
export interface DeviceFacts {
  readonly sysObjectID?: string;
  readonly sysDescr?: string;
  readonly sysName?: string;
  readonly sysLocation?: string;
  /** 1/100 s. */
  readonly sysUpTime_ticks?: number;
  readonly vendor?: string;
  readonly hardware?: string;
  readonly version?: string;
  readonly serial?: string;
  /** What the device is (core/domain.ts), where its profile or its facts tell. */
  readonly role?: string;
  /** Files of the profiles that were used, the closest last. */
  readonly profiles: readonly string[];
  readonly interfaces: readonly InterfaceFacts[];
  readonly cpu: readonly CpuFacts[];
  readonly memory: readonly MemoryFacts[];
  readonly sensors: readonly SensorFacts[];
  readonly wireless: readonly WirelessFacts[];
  readonly poe: PoeFacts;
  readonly inventory: readonly InventoryItem[];
  readonly neighbors: readonly NeighborFacts[];
  /** The device's own bridge or chassis addresses (LLDP), 12 hex digits: how neighbours name it. */
  readonly chassisIds: readonly string[];
}

/** IF-MIB (RFC 2863), EtherLike-MIB (RFC 3635). Addresses as 12 hex digits; statuses by their names in the MIB. */
export interface InterfaceFacts {
  readonly ifIndex: number;
  readonly ifName?: string;
  readonly ifDescr?: string;
  readonly ifAlias?: string;
  readonly ifType?: number;
  readonly mtu?: number;
  readonly speed_bps?: number;
  readonly physAddress?: string;
  readonly adminStatus?: string;
  readonly operStatus?: string;
  readonly duplex?: string;
  readonly lastChange_ticks?: number;
  readonly inOctets?: number;
  readonly outOctets?: number;
  readonly inUcastPkts?: number;
  readonly outUcastPkts?: number;
  readonly inMulticastPkts?: number;
  readonly outMulticastPkts?: number;
  readonly inBroadcastPkts?: number;
  readonly outBroadcastPkts?: number;
  readonly inErrors?: number;
  readonly outErrors?: number;
  readonly inDiscards?: number;
  readonly outDiscards?: number;
}

export interface CpuFacts {
  readonly index: string;
  readonly descr: string;
  /** Busy. */
  readonly percent: number;
}

export interface MemoryFacts {
  readonly index: string;
  readonly descr: string;
  /** `system`, `buffers`, `cached`, `shared`, `swap`, `virtual`, or what the profile says. */
  readonly kind: string;
  readonly percent: number;
  readonly total_bytes?: number;
  readonly used_bytes?: number;
  readonly free_bytes?: number;
}

export interface SensorFacts {
  /** temperature, fanspeed, voltage, current, power, humidity, charge, load, runtime, dbm, state ... */
  readonly class: string;
  readonly index: string;
  readonly descr: string;
  /** In the class's natural unit: degC, rpm, V, A, W, %, min, dBm, Hz. */
  readonly value: number;
  readonly unit: string;
  /** For `state`: the word for the value, and what it means. */
  readonly state_text?: string;
  readonly severity?: 'ok' | 'warning' | 'critical' | 'unknown';
}

export interface WirelessFacts {
  /** clients, ap-count, utilization, power, frequency, channel, noise-floor, rssi, snr, rate, quality ... */
  readonly class: string;
  readonly index: string;
  readonly descr: string;
  readonly value: number;
  readonly unit: string;
  /** What the number covers: `total`, `ssid`, `radio` or `ap`; never add across them. */
  readonly scope?: string;
}

/** POWER-ETHERNET-MIB (RFC 3621) and what vendors add. */
export interface PoeFacts {
  readonly pse: readonly {
    readonly group: string;
    readonly available_watts?: number;
    readonly consumed_watts?: number;
    readonly operStatus?: string;
  }[];
  readonly ports: readonly {
    readonly index: string;
    readonly descr?: string;
    readonly detection?: string;
    readonly admin?: string;
    readonly class?: string;
    readonly watts?: number;
  }[];
}

/** A physical part: ENTITY-MIB (RFC 6933) or a vendor's table. */
export interface InventoryItem {
  readonly index: string;
  readonly descr?: string;
  readonly containedIn?: string;
  /** chassis, module, powerSupply, fan, port, stack ... (PhysicalClass), `transceiver`, `ap`. */
  readonly class?: string;
  readonly name?: string;
  readonly hardwareRev?: string;
  readonly firmwareRev?: string;
  readonly softwareRev?: string;
  readonly serial?: string;
  readonly manufacturer?: string;
  readonly model?: string;
}

/** LLDP-MIB (IEEE 802.1AB) or CISCO-CDP-MIB. */
export interface NeighborFacts {
  readonly protocol: 'lldp' | 'cdp';
  /** lldpRemLocalPortNum: often, not always, the ifIndex. */
  readonly localPortNum?: number;
  readonly ifIndex?: number;
  /** Name of the local port, where it could be told. */
  readonly localPort?: string;
  readonly chassisIdSubtype?: number;
  readonly chassisId?: string;
  readonly portIdSubtype?: number;
  readonly portId?: string;
  readonly portDesc?: string;
  readonly sysName?: string;
  readonly sysDesc?: string;
  /** CDP. */
  readonly deviceId?: string;
  readonly platform?: string;
  readonly address?: string;
}
