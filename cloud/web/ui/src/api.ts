/** What the service answers, as its OpenAPI document describes it. */

export type Action = "irrigate" | "wait" | "skip_turn" | "hold";
export type Decision = "release" | "shrink" | "hold" | "block";

export interface ParcelState {
  id: string;
  name: string;
  farm: string | null;
  crop: string;
  area_ha: number;
  timezone: string;
  water_day: string | null;
  water_age_days: number | null;
  depletion_mm: number | null;
  depletion_p10_mm: number | null;
  depletion_p90_mm: number | null;
  total_available_mm: number | null;
  readily_available_mm: number | null;
  depletion_ratio: number | null;
  stale: boolean;
  action: Action | null;
  decision: Decision | null;
  reason_code: string | null;
  depth_mm: number | null;
  advice_expired: boolean;
  stress_probability: number | null;
  seen_at: string | null;
  seen_age_h: number | null;
  opinion: boolean | null;
  wilting_score: number | null;
  wilting_probability: number | null;
  stress_index: number | null;
  canopy_cover_fraction: number | null;
}

export interface ParcelFeature {
  type: "Feature";
  id: string;
  geometry: GeoJSON.Geometry;
  properties: ParcelState;
}

export interface ParcelCollection {
  type: "FeatureCollection";
  told_at: string;
  features: ParcelFeature[];
}

export interface Quantiles {
  p10: number;
  p50: number;
  p90: number;
}

export interface Advice {
  day: string;
  action: Action;
  decision: Decision;
  reviewer: string;
  explanation: string;
  reason_code: string;
  start_window: [string, string] | null;
  depth_mm: Quantiles | null;
  volume_m3: number | null;
  duration_h: number | null;
  pump_name: string | null;
  next_check_day: string | null;
  valid_until: string;
  expired: boolean;
  proposed_action: Action;
  proposed_depth_mm: number | null;
  stress_probability_if_followed: number | null;
  stress_probability_if_ignored: number | null;
  checks: { name: string; passed: boolean; measured: number | string | null; limit: number | string | null }[];
  inputs: { name: string; sha256: string; age_days: number | null }[];
  code_version: string;
}

export interface Sighting {
  taken_at: string | null;
  camera_id: string | null;
  opinion: boolean;
  reasons: string[];
  wilting_score: number | null;
  wilting_probability: number | null;
  stress_index: number | null;
  stress_sigma: number | null;
  canopy_cover_fraction: number | null;
  canopy_temperature_c: number | null;
  cwsi: number | null;
  model: string | null;
}

export interface Photo {
  version: string;
  taken_at: string | null;
  camera_id: string | null;
  synthetic: boolean;
  has_mask: boolean;
  dry_rows: number[];
}

export interface Site {
  latitude: number;
  longitude: number;
  elevation_m: number | null;
  planted_on: string | null;
  season_starts_on: string | null;
  soil: string | null;
  irrigation: string;
  efficiency: number | null;
  flow_m3_h: number | null;
  canal: string | null;
  pump: string | null;
}

export interface ParcelPanel {
  told_at: string;
  state: ParcelState;
  site: Site;
  advice: Advice | null;
  sighting: Sighting | null;
  photo: Photo | null;
}

type Column = (number | null)[];

export interface WaterSeries {
  parcel_id: string;
  day: string[];
  depletion_mm: Column;
  depletion_p10_mm: Column;
  depletion_p90_mm: Column;
  total_available_mm: Column;
  readily_available_mm: Column;
  etc_adj_mm: Column;
  rain_mm: Column;
  irrigation_mm: Column;
}

export interface MessageView {
  message_id: string;
  kind: string;
  language: string;
  channel: string;
  text: string;
  encoding: string;
  segments: number;
  reviewed: boolean;
  valid_until: string;
  state: string;
  updated_at: string;
}

export interface ReviewParcel {
  parcel_id: string;
  parcel_name: string;
  status: string;
  explanation: string;
}

/** Verdicts that the judge withheld for one cause: a person decides them with `seguia cloud review`. */
export interface ReviewCard {
  card: string;
  day: string;
  status: string;
  why: string;
  look_at: string;
  blocked: boolean;
  missing_m3: number;
  hours_left: number;
  parcels: ReviewParcel[];
}

export interface GatewayState {
  gateway: string;
  state: "online" | "offline" | "silent";
  age_s: number;
  troubles: { part: string; text: string; since: string | null }[];
}

const ROOT = "/api/v1";

/** Address of a parcel, or of one of its parts. */
export function parcelAddress(id: string, part = ""): string {
  return `${ROOT}/parcels/${encodeURIComponent(id)}${part ? `/${part}` : ""}`;
}

async function answer<T>(address: string, signal?: AbortSignal): Promise<T> {
  const response = await fetch(address, { ...(signal ? { signal } : {}), headers: { Accept: "application/json" } });
  if (!response.ok) {
    const problem = (await response.json().catch(() => null)) as { detail?: string } | null;
    throw new Error(problem?.detail ?? `${response.status} ${response.statusText}`);
  }
  return (await response.json()) as T;
}

export const readParcels = (): Promise<ParcelCollection> => answer(`${ROOT}/parcels`);
export const readGateways = (): Promise<GatewayState[]> => answer(`${ROOT}/gateways`);
export const readReview = (): Promise<ReviewCard[]> => answer(`${ROOT}/review`);
export const readPanel = (id: string, signal: AbortSignal): Promise<ParcelPanel> => answer(parcelAddress(id), signal);
export const readWater = (id: string, signal: AbortSignal): Promise<WaterSeries> =>
  answer(parcelAddress(id, "water"), signal);
export const readMessages = (id: string, signal: AbortSignal): Promise<MessageView[]> =>
  answer(parcelAddress(id, "messages"), signal);
