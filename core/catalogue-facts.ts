import type { Row } from './catalogue-collector.ts';

const OF_DEVICE = ['agent_host', 'source', 'device', 'role', 'domain', 'sysName'] as const;
const OF_PORT = [...OF_DEVICE, 'ifIndex', 'ifName', 'ifDescr', 'ifAlias'] as const;

/** Tags of the measurements below. `index` tells apart what has the same name. */
export const FACTS_TAGS: Readonly<Record<string, readonly string[]>> = {
  cpu: [...OF_DEVICE, 'index', 'descr'],
  mem: [...OF_DEVICE, 'index', 'descr', 'kind'],
  sensor: [...OF_DEVICE, 'class', 'index', 'descr'],
  wireless: [...OF_DEVICE, 'scope', 'index', 'descr'],
  poe: [...OF_DEVICE, 'group'],
  poe_port: [...OF_DEVICE, 'index', 'descr'],
  ethernet: OF_PORT,
};

const sensor = (field: string, unit: string, domain: string, help: string): Row => [field, 'float', unit, domain, help];

const SENSOR: readonly Row[] = [
  sensor('temperature_celsius', 'degC', 'environment', 'Temperature of what `descr` names.'),
  sensor('humidity_percent', '%', 'environment', 'Relative humidity.'),
  sensor('fan_rpm', '1/min', 'environment', 'Speed of a fan.'),
  sensor('airflow_cfm', 'ft3/min', 'environment', 'Air moved.'),
  sensor('cooling_watts', 'W', 'environment', 'Heat taken away.'),
  sensor('pressure_kpa', 'kPa', 'environment', 'Pressure.'),
  sensor('waterflow_l_per_min', 'l/min', 'environment', 'Water moved.'),
  sensor('voltage_volts', 'V', 'power', 'Voltage.'),
  sensor('current_amperes', 'A', 'power', 'Current.'),
  sensor('power_watts', 'W', 'power', 'Power.'),
  sensor('power_factor', '1', 'power', 'Real by apparent power.'),
  sensor('energy_kwh', 'kWh', 'power', 'Energy taken since the meter was set to 0.'),
  sensor('frequency_hertz', 'Hz', 'power', 'Mains frequency.'),
  sensor('load_percent', '%', 'power', 'Load of a UPS by what it can carry.'),
  sensor('charge_percent', '%', 'power', 'Charge of a battery.'),
  sensor('runtime_minutes', 'min', 'power', 'Time that the battery will last at this load.'),
  sensor('optical_dbm', 'dBm', 'cabling', 'Optical power received or sent by a transceiver.'),
  sensor('signal_dbm', 'dBm', 'cabling', 'Signal received, of a modem for example.'),
  sensor('snr_db', 'dB', 'cabling', 'Signal by noise.'),
  sensor('quality_factor_db', 'dB', 'cabling', 'Q factor of an optical line.'),
  sensor('chromatic_dispersion_ps_per_nm', 'ps/nm', 'cabling', 'Chromatic dispersion of an optical line.'),
  sensor('bit_error_ratio', '1', 'cabling', 'Bit errors by bits.'),
  sensor('loss_percent', '%', 'infrastructure', 'Loss that the device measured.'),
  sensor('delay_s', 's', 'infrastructure', 'Delay that the device measured.'),
  sensor('count', '1', 'infrastructure', 'A number of things, such as sessions or tunnels.'),
  sensor('percent', '%', 'infrastructure', 'A share, such as of licences or table entries in use.'),
  ['state', 'integer', '1', 'infrastructure', "A state, by the number that the device's MIB gives it."],
  ['state_text', 'string', '', 'infrastructure', 'The same in words; absent where the profile knows none.'],
  ['severity', 'string', '', 'infrastructure', 'What the state means: `ok`, `warning`, `critical` or `unknown`.'],
  [
    'severity_level',
    'integer',
    '1',
    'infrastructure',
    'The same as a level: 0 ok, 1 warning, 2 critical; absent when unknown.',
  ],
];

const wireless = (field: string, unit: string, help: string): Row => [field, 'float', unit, 'wireless', help];

const WIRELESS: readonly Row[] = [
  wireless(
    'clients',
    '1',
    'Clients; what the number covers the tag `scope` says (total, ssid, radio, ap): never add across them.',
  ),
  wireless('access_points', '1', 'Access points that the controller has.'),
  wireless('channel_util_percent', '%', 'Share of the time in which the channel is busy.'),
  wireless('power_dbm', 'dBm', 'Power sent.'),
  wireless('frequency_mhz', 'MHz', 'Centre frequency.'),
  wireless('channel', '1', 'Channel number.'),
  wireless('noise_floor_dbm', 'dBm', 'Noise.'),
  wireless('rssi_dbm', 'dBm', 'Signal received.'),
  wireless('snr_db', 'dB', 'Signal by noise.'),
  wireless('rate_bits_per_s', 'bit/s', 'Rate of the radio link.'),
  wireless('quality_percent', '%', 'Quality of the radio link, as the device works it out.'),
  wireless('ccq_percent', '%', 'Client connection quality (Ubiquiti, MikroTik).'),
  wireless('capacity_percent', '%', 'Capacity of the radio link in use.'),
  wireless('distance_km', 'km', 'To the other end.'),
  wireless('errors', '1', 'Errors counted.'),
  wireless('error_percent', '%', 'Share of packets with errors.'),
  wireless('cell', '1', 'Identifier of the cell.'),
  wireless('rsrp_dbm', 'dBm', 'LTE reference signal received power.'),
  wireless('rsrq_db', 'dB', 'LTE reference signal received quality.'),
  wireless('sinr_db', 'dB', 'Signal by interference and noise.'),
  wireless('mcs', '1', 'Modulation and coding scheme.'),
  wireless('ssr_db', 'dB', 'Signal strength ratio.'),
];

/** What agents read of a device besides its interfaces (agent/normalise/vitals.ts). */
export const FACTS_ROWS = {
  cpu: [
    [
      'usage_active',
      'float',
      '%',
      'infrastructure',
      'Busy share of a processor, a core or a plane: what it is says `descr`.',
    ],
  ],
  mem: [
    ['used_percent', 'float', '%', 'infrastructure', 'Used share of a pool; on hosts without buffers and caches.'],
    ['total', 'integer', 'B', 'infrastructure', 'Size of the pool; absent where the device tells only a share.'],
    ['used', 'integer', 'B', 'infrastructure', 'Of it in use.'],
    ['free', 'integer', 'B', 'infrastructure', 'Of it not in use.'],
  ],
  sensor: SENSOR,
  wireless: WIRELESS,
  poe: [
    ['available_watts', 'float', 'W', 'power', 'What the supply can give to ports.'],
    ['consumed_watts', 'float', 'W', 'power', 'What ports take.'],
    ['used_percent', 'float', '%', 'power', 'The second by the first.'],
    ['oper_status', 'string', '', 'power', '`on`, `off` or `faulty`.'],
    ['fault', 'integer', '1', 'power', '1 when the supply is faulty.'],
  ],
  poe_port: [
    ['watts', 'float', 'W', 'power', 'What the port gives; where the vendor tells.'],
    ['admin', 'string', '', 'power', '`on` or `off`, as configured.'],
    ['detection', 'string', '', 'power', 'pethPsePortDetectionStatus: `searching`, `deliveringPower`, `fault` ...'],
    ['class', 'string', '', 'power', 'Power class of what is connected.'],
    ['fault', 'integer', '1', 'power', '1 when the port is in a fault or was denied power.'],
  ],
  ethernet: [
    ['duplex', 'integer', '1', 'cabling', '1 unknown, 2 half, 3 full.'],
    ['half_duplex', 'integer', '1', 'cabling', '1 when it is half, 0 when full; a port without a link may say either.'],
    ['fcs_errors', 'counter', 'packet', 'cabling', 'Frames with a wrong checksum.'],
    ['alignment_errors', 'counter', 'packet', 'cabling', 'Frames that are no whole number of octets.'],
    ['damaged_per_s', 'float', '1/s', 'cabling', 'Both, since the reading before; absent when the counters went back.'],
  ],
} as const satisfies Record<string, readonly Row[]>;
