/** What the page says, in English and French; numbers and dates come from the browser's own formats. */

export type Tongue = "en" | "fr";

const english = {
  tagline: "Water for each parcel, today",
  parcels: "Parcels",
  parcel: "Parcel",
  map: "Map of the parcels",
  search: "Find a parcel or crop",
  worstFirst: "worst first",
  noMatch: "No parcel matches.",
  noParcels: "No parcel is known yet. Import a parcel file to begin.",
  mapLayer: "Colour the map by",
  layerWater: "Water missing",
  layerCamera: "Wilting seen",
  layerRisk: "Stress risk",
  legendWater: "Depletion, % of readily available water",
  legendCamera: "Probability of wilting, by the camera",
  legendRisk: "Probability of stress if nothing is done",
  noData: "no fresh data",
  moist: "moist",
  short: "short of water",
  advice: "Advice",
  seen: "Photo",
  language: "Language",
  close: "Close",
  loading: "Loading…",
  updated: "Updated {0}",
  unreachable: "The service does not answer ({0}). What you see is from {1}.",
  panelFailed: "This parcel cannot be shown: {0}",
  noWebgl: "This browser cannot draw the map (WebGL is off). The list holds the same data.",
  baseLand: "Land: Natural Earth",
  noAdvice: "No advice yet for this parcel.",
  irrigateDose: "Irrigate {0}.",
  irrigate: "Irrigate.",
  wait: "No irrigation now.",
  skip_turn: "Leave this canal turn.",
  hold: "Held: an agronomist must look first.",
  startBetween: "Start between {0} and {1}.",
  withPump: "Pump: {0}.",
  nextCheck: "Next check: {0}.",
  proposed: "The advisor proposed {0}; the judge allowed {1}.",
  proposedHeld: "The advisor proposed {0}; nothing may be sent before it is looked at.",
  expired: "expired",
  validUntil: "valid until {0}",
  gateways: "Gateways that need a look",
  gatewayonline: "in contact",
  gatewaysilent: "silent",
  gatewayoffline: "gone",
  heard: "last heard {0}",
  review: "Waits for an agronomist",
  reviewHow: "Decide with: seguia cloud review",
  reviewopen: "waits",
  reviewawaits_second: "waits for a second person",
  reviewkept_held: "kept held by a person",
  reviewexpired: "nobody decided in time",
  hoursLeft: "{0} left",
  atStake: "{0} at stake",
  lookAt: "Look at {0}",
  andMore: "and {0} more",
  reviewerjudge: "checked by the judge",
  revieweragronomist: "decided by an agronomist",
  decisionrelease: "released",
  decisionshrink: "reduced",
  decisionhold: "held",
  decisionblock: "blocked",
  actionirrigate: "irrigate",
  actionwait: "wait",
  actionskip_turn: "skip turn",
  actionhold: "hold",
  riskFollowed: "Stress risk if followed",
  riskIgnored: "if not",
  checks: "Judge's checks: {0} of {1} passed",
  measuredLimit: "measured {0}, limit {1}",
  inputs: "Inputs and their age",
  ageDays: "{0} days old",
  photo: "Latest photo",
  noPhoto: "No photo of this parcel yet.",
  photoAlt: "Photo of parcel {0}, {1}",
  synthetic: "Synthetic scene",
  syntheticNote: "drawn by a program, not a photo",
  canopyMask: "Canopy found",
  opacity: "Strength of the overlay",
  dateUnknown: "date unknown",
  noOpinion: "The detector gives no opinion: {0}.",
  wilting: "Wilting",
  wiltingOf: "{0} of 4",
  canopy: "Canopy cover",
  stress: "Stress index",
  temperature: "Canopy temperature",
  model: "Model",
  chart: "Soil water balance",
  noWater: "No water balance yet: the season has not begun, or weather is missing.",
  depletion: "Depletion",
  band: "p10 to p90",
  readily: "Stress begins (RAW)",
  total: "Wilting point (TAW)",
  rain: "Rain",
  irrigation: "Irrigation (net)",
  et: "Crop evapotranspiration",
  last45: "45 days",
  season: "Season",
  chartLabel: "Depletion of {0}, day by day, against readily and total available water; below it rain and irrigation.",
  wetTop: "mm below field capacity",
  messages: "Messages",
  noMessages: "No message about this parcel yet.",
  segments: "{0} SMS",
  unreviewed: "draft language",
  waterAsOf: "Soil water as of {0}",
  staleWater: "Soil water as of {0}: too old to be shown as today's",
  neverWater: "No soil water state yet",
  ha: "{0} ha",
  planted: "planted {0}",
  statequeued: "waiting",
  statesending: "being sent",
  statewired: "given to the carrier",
  statesent: "sent",
  statedelivered: "delivered",
  statefailed: "failed",
  stateunknown: "not known",
  stateexpired: "expired, not sent",
  statehalted: "stopped",
  stateretry: "will be tried again",
};

export type Word = keyof typeof english;

const french: Record<Word, string> = {
  tagline: "L'eau de chaque parcelle, aujourd'hui",
  parcels: "Parcelles",
  parcel: "Parcelle",
  map: "Carte des parcelles",
  search: "Chercher une parcelle ou une culture",
  worstFirst: "les pires d'abord",
  noMatch: "Aucune parcelle ne correspond.",
  noParcels: "Aucune parcelle connue. Importez un fichier de parcelles pour commencer.",
  mapLayer: "Couleur de la carte",
  layerWater: "Eau manquante",
  layerCamera: "Flétrissement vu",
  layerRisk: "Risque de stress",
  legendWater: "Épuisement, % de l'eau facilement utilisable",
  legendCamera: "Probabilité de flétrissement, par la caméra",
  legendRisk: "Probabilité de stress sans irrigation",
  noData: "pas de donnée récente",
  moist: "humide",
  short: "manque d'eau",
  advice: "Conseil",
  seen: "Photo",
  language: "Langue",
  close: "Fermer",
  loading: "Chargement…",
  updated: "Mis à jour {0}",
  unreachable: "Le service ne répond pas ({0}). Ce que vous voyez date de {1}.",
  panelFailed: "Cette parcelle ne peut pas être affichée : {0}",
  noWebgl: "Ce navigateur ne peut pas dessiner la carte (WebGL désactivé). La liste donne les mêmes données.",
  baseLand: "Terres : Natural Earth",
  noAdvice: "Pas encore de conseil pour cette parcelle.",
  irrigateDose: "Irriguer {0}.",
  irrigate: "Irriguer.",
  wait: "Ne pas irriguer maintenant.",
  skip_turn: "Laisser passer ce tour d'eau.",
  hold: "En attente : un agronome doit d'abord regarder.",
  startBetween: "Commencer entre {0} et {1}.",
  withPump: "Pompe : {0}.",
  nextCheck: "Prochain contrôle : {0}.",
  proposed: "Le conseiller proposait {0} ; le juge autorise {1}.",
  proposedHeld: "Le conseiller proposait {0} ; rien ne part avant un contrôle.",
  expired: "périmé",
  validUntil: "valable jusqu'au {0}",
  gateways: "Passerelles à vérifier",
  gatewayonline: "en contact",
  gatewaysilent: "muette",
  gatewayoffline: "arrêtée",
  heard: "dernière nouvelle {0}",
  review: "Attend un agronome",
  reviewHow: "Décider avec : seguia cloud review",
  reviewopen: "attend",
  reviewawaits_second: "attend une deuxième personne",
  reviewkept_held: "gardé retenu par une personne",
  reviewexpired: "personne n’a décidé à temps",
  hoursLeft: "reste {0}",
  atStake: "{0} en jeu",
  lookAt: "Regarder : {0}",
  andMore: "et {0} autres",
  reviewerjudge: "vérifié par le juge",
  revieweragronomist: "décidé par un agronome",
  decisionrelease: "autorisé",
  decisionshrink: "réduit",
  decisionhold: "en attente",
  decisionblock: "bloqué",
  actionirrigate: "irriguer",
  actionwait: "attendre",
  actionskip_turn: "passer le tour",
  actionhold: "en attente",
  riskFollowed: "Risque de stress si suivi",
  riskIgnored: "sinon",
  checks: "Contrôles du juge : {0} sur {1} réussis",
  measuredLimit: "mesuré {0}, limite {1}",
  inputs: "Données utilisées et leur âge",
  ageDays: "{0} jours",
  photo: "Dernière photo",
  noPhoto: "Pas encore de photo de cette parcelle.",
  photoAlt: "Photo de la parcelle {0}, {1}",
  synthetic: "Scène synthétique",
  syntheticNote: "dessinée par un programme, pas une photo",
  canopyMask: "Couvert détecté",
  opacity: "Force du calque",
  dateUnknown: "date inconnue",
  noOpinion: "Le détecteur ne se prononce pas : {0}.",
  wilting: "Flétrissement",
  wiltingOf: "{0} sur 4",
  canopy: "Couvert végétal",
  stress: "Indice de stress",
  temperature: "Température du couvert",
  model: "Modèle",
  chart: "Bilan hydrique du sol",
  noWater: "Pas encore de bilan : la saison n'a pas commencé, ou la météo manque.",
  depletion: "Épuisement",
  band: "p10 à p90",
  readily: "Début du stress (RFU)",
  total: "Point de flétrissement (RU)",
  rain: "Pluie",
  irrigation: "Irrigation (nette)",
  et: "Évapotranspiration",
  last45: "45 jours",
  season: "Saison",
  chartLabel: "Épuisement de {0}, jour par jour, comparé à l'eau facilement utilisable et totale ; dessous, pluie et irrigation.",
  wetTop: "mm sous la capacité au champ",
  messages: "Messages",
  noMessages: "Pas encore de message pour cette parcelle.",
  segments: "{0} SMS",
  unreviewed: "langue non relue",
  waterAsOf: "Eau du sol au {0}",
  staleWater: "Eau du sol au {0} : trop ancien pour valoir aujourd'hui",
  neverWater: "Pas encore d'état de l'eau du sol",
  ha: "{0} ha",
  planted: "semé le {0}",
  statequeued: "en file",
  statesending: "envoi en cours",
  statewired: "remis à l'opérateur",
  statesent: "envoyé",
  statedelivered: "reçu",
  statefailed: "échec",
  stateunknown: "non connu",
  stateexpired: "périmé, non envoyé",
  statehalted: "arrêté",
  stateretry: "sera réessayé",
};

/** Why a detector abstains; a code that is not here is shown as it is. */
const reasons: Record<string, Record<Tongue, string>> = {
  unreadable: { en: "the image cannot be read", fr: "image illisible" },
  blurred: { en: "the photo is blurred", fr: "photo floue" },
  dark: { en: "the photo is too dark", fr: "photo trop sombre" },
  overexposed: { en: "the photo is overexposed", fr: "photo surexposée" },
  low_contrast: { en: "too little contrast (fog, dirt)", fr: "trop peu de contraste (brume, saleté)" },
  low_canopy: { en: "too little canopy in view", fr: "trop peu de couvert visible" },
  crop_unknown: { en: "the crop is not given", fr: "culture non indiquée" },
  crop_not_validated: { en: "not evaluated on this crop", fr: "non évalué sur cette culture" },
  no_weather: { en: "no weather at the field", fr: "pas de météo au champ" },
  no_stress_calibration: { en: "the model has no stress calibration", fr: "modèle non calibré en stress" },
  no_radiometric_calibration: { en: "the camera has no radiometric calibration", fr: "caméra non calibrée" },
  no_model: { en: "no model installed", fr: "aucun modèle installé" },
  stale: { en: "the photo is too old", fr: "photo trop ancienne" },
  taken_at_unknown: { en: "the photo's time is unknown", fr: "heure de la photo inconnue" },
};

const crops: Record<string, string> = {
  wheat: "blé", "winter wheat": "blé d'hiver", barley: "orge", maize: "maïs", soybean: "soja", olive: "olivier",
  olives: "oliviers", citrus: "agrumes", sugar_beet: "betterave sucrière", "sugar beet": "betterave sucrière",
  alfalfa: "luzerne", potato: "pomme de terre", tomato: "tomate", onion: "oignon", pomegranate: "grenadier",
  vineyard: "vigne", grape: "vigne", cotton: "coton", sunflower: "tournesol", chickpea: "pois chiche", beans: "haricots",
};

let tongue: Tongue = (localStorage.getItem("tongue") ?? navigator.language).startsWith("fr") ? "fr" : "en";

export const currentTongue = (): Tongue => tongue;

/** Speak another language from now on. */
export function speak(chosen: Tongue): void {
  tongue = chosen;
  localStorage.setItem("tongue", chosen);
  document.documentElement.lang = chosen;
  document.documentElement.dir = "ltr";
}

/** A phrase with its places {0}, {1} filled. */
export function say(word: Word, ...values: string[]): string {
  const phrase = (tongue === "fr" ? french : english)[word];
  const filled = phrase.replace(/\{(\d)\}/g, (_, place: string) => values[Number(place)] ?? "");
  // A shortened month may bring its own full stop.
  return filled.replace(/\.\.$/, ".");
}

/** A phrase named by a code of the service; the code itself where no phrase is known. */
export function sayCode(prefix: string, code: string): string {
  const word = `${prefix}${code}`;
  return word in english ? say(word as Word) : code.replaceAll("_", " ");
}

export const sayReason = (code: string): string => reasons[code]?.[tongue] ?? code.replaceAll("_", " ");

export function sayCrop(crop: string): string {
  return tongue === "fr" ? (crops[crop.toLowerCase()] ?? crop.replaceAll("_", " ")) : crop.replaceAll("_", " ");
}

const locale = (): string => (tongue === "fr" ? "fr-FR" : "en-GB");

export function number(value: number, digits = 0): string {
  return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits, useGrouping: false }).format(value);
}

export function percent(fraction: number): string {
  return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 0 }).format(fraction);
}

export function quantity(value: number, unit: string, digits = 0): string {
  return `${number(value, digits)}\u00a0${unit}`;
}

/** Hours as hours and minutes: 6 h 05. */
export function duration(hours: number): string {
  const minutes = Math.round(hours * 60);
  const whole = Math.floor(minutes / 60);
  const rest = minutes % 60;
  if (whole === 0) return `${rest}\u00a0min`;
  return rest === 0 ? `${whole}\u00a0h` : `${whole}\u00a0h\u00a0${String(rest).padStart(2, "0")}`;
}

function formatted(moment: string, options: Intl.DateTimeFormatOptions): string {
  return new Intl.DateTimeFormat(locale(), options).format(new Date(moment));
}

/** A calendar day such as 2026-07-03, in words. */
export function dayName(day: string): string {
  return formatted(`${day}T12:00:00Z`, { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
}

/** A moment in the parcel's own time. */
export function momentName(moment: string, timeZone: string): string {
  return formatted(moment, { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", timeZone });
}

export function clockTime(moment: string, timeZone: string): string {
  return formatted(moment, { hour: "2-digit", minute: "2-digit", timeZone });
}

export function localDay(moment: string, timeZone: string): string {
  return new Intl.DateTimeFormat("en-CA", { timeZone }).format(new Date(moment));
}

/** How long ago, in the coarsest fitting unit. */
export function ago(seconds: number): string {
  const relative = new Intl.RelativeTimeFormat(locale(), { numeric: "auto" });
  const steps: [number, Intl.RelativeTimeFormatUnit][] = [[86400, "day"], [3600, "hour"], [60, "minute"]];
  for (const [length, unit] of steps) {
    if (Math.abs(seconds) >= length) return relative.format(-Math.round(seconds / length), unit);
  }
  return relative.format(-Math.round(seconds), "second");
}

/** An age in hours, short enough for a narrow column. */
export function age(hours: number): string {
  const [value, unit] = hours < 48 ? [hours, "hour"] : [hours / 24, "day"];
  return new Intl.NumberFormat(locale(), { style: "unit", unit, unitDisplay: "narrow", maximumFractionDigits: 0 }).format(value);
}

/** Day and month of a moment in UTC, for an axis. */
export function shortDay(milliseconds: number): string {
  return formatted(new Date(milliseconds).toISOString(), { day: "numeric", month: "short", timeZone: "UTC" });
}
