/**
 * Bands as dots on one canvas. World coordinates are projected once per position; a redraw only
 * scales them, so that tens of thousands of dots stay smooth. Shape and colour both tell the state.
 * @module
 */

/* global L */

const COLOURS = { safe: "#0b6b3a", waiting: "#8a4b00", alarm: "#b3001b", silent: "#505866", unworn: "#5b2a86", unknown: "#14181f" };
const REACH_PX = 12;

/**
 * Say how a band looks.
 * @param {object} band properties of its feature @param {number} nowMs service time
 * @returns {"safe" | "waiting" | "alarm" | "silent" | "unworn" | "unknown"}
 */
export function lookOf(band, nowMs) {
  if (!band.known) return "unknown";
  const silence = (nowMs - Date.parse(band.heard_at)) / 1000;
  if (silence > band.silent_after_s || band.online === false) return "silent";
  if (band.worn === false) return "unworn";
  if (band.side === "outside") return "alarm";
  return band.side === "inside" ? "safe" : "waiting";
}

/** A Leaflet layer that draws bands; `set` adds or replaces them. */
export const DotsLayer = L.Layer.extend({
  initialize(clock) {
    this._clock = clock;
    /** @type {Map<string, {x: number, y: number, properties: object, latlng: L.LatLng}>} */
    this._bands = new Map();
  },

  onAdd(map) {
    this._map = map;
    this._canvas = L.DomUtil.create("canvas", "dots leaflet-zoom-hide");
    this._canvas.setAttribute("aria-hidden", "true");
    map.getPane("dots").appendChild(this._canvas);
    map.on("moveend zoomend resize viewreset", this.redraw, this);
    map.on("move", this.redraw, this);
    this.redraw();
  },

  onRemove(map) {
    map.off("moveend zoomend resize viewreset move", this.redraw, this);
    this._canvas.remove();
  },

  /** @param {object[]} features GeoJSON features of bands */
  set(features) {
    for (const { geometry, properties } of features) {
      if (!geometry) {
        this._bands.set(properties.device, { x: NaN, y: NaN, properties, latlng: null });
        continue;
      }
      const [lon, lat] = geometry.coordinates;
      const latlng = L.latLng(lat, lon);
      const { x, y } = this._map.project(latlng, 0);
      this._bands.set(properties.device, { x, y, properties, latlng });
    }
    this.redraw();
  },

  /** @returns {object[]} properties of all bands */
  all() {
    return [...this._bands.values()].map((band) => band.properties);
  },

  /** @param {string} device */
  find(device) {
    return this._bands.get(device);
  },

  /** The band nearest to a point of the container, within reach of a finger. @param {L.Point} point */
  nearest(point) {
    let best = null;
    let least = REACH_PX * REACH_PX;
    const { scale, left, top } = this._frame();
    for (const band of this._bands.values()) {
      const dx = band.x * scale - left - point.x;
      const dy = band.y * scale - top - point.y;
      const distance = dx * dx + dy * dy;
      if (distance <= least) {
        least = distance;
        best = band;
      }
    }
    return best;
  },

  redraw() {
    if (!this._map || this._waiting) return;
    this._waiting = requestAnimationFrame(() => {
      this._waiting = 0;
      if (this._map) this._draw();
    });
  },

  _frame() {
    const scale = this._map.getZoomScale(this._map.getZoom(), 0);
    const corner = this._map.project(this._map.containerPointToLatLng([0, 0]));
    return { scale, left: corner.x, top: corner.y };
  },

  _draw() {
    const size = this._map.getSize();
    const ratio = this._bands.size > 20000 ? 1 : Math.min(2, devicePixelRatio || 1);
    const canvas = this._canvas;
    if (canvas.width !== size.x * ratio || canvas.height !== size.y * ratio) {
      canvas.width = size.x * ratio;
      canvas.height = size.y * ratio;
      canvas.style.width = `${size.x}px`;
      canvas.style.height = `${size.y}px`;
    }
    L.DomUtil.setPosition(canvas, this._map.containerPointToLayerPoint([0, 0]));
    const brush = canvas.getContext("2d");
    brush.setTransform(ratio, 0, 0, ratio, 0, 0);
    brush.clearRect(0, 0, size.x, size.y);
    const zoom = this._map.getZoom();
    const radius = Math.max(2, Math.min(6, zoom - 8));
    const now = this._clock.now();
    const { scale, left, top } = this._frame();
    const late = [];
    for (const band of this._bands.values()) {
      const x = band.x * scale - left;
      const y = band.y * scale - top;
      if (!(x > -10 && y > -10 && x < size.x + 10 && y < size.y + 10)) continue;
      const look = lookOf(band.properties, now);
      if (look === "alarm") late.push([x, y, look]); // on top of the others
      else stamp(brush, x, y, radius, look, zoom);
    }
    for (const [x, y, look] of late) stamp(brush, x, y, radius + 2, look, zoom);
  },
});

/** Draw one dot. */
function stamp(brush, x, y, radius, look, zoom) {
  brush.beginPath();
  if (look === "unworn") brush.rect(x - radius, y - radius, 2 * radius, 2 * radius);
  else if (look === "unknown") {
    brush.moveTo(x, y - radius - 1);
    brush.lineTo(x + radius + 1, y);
    brush.lineTo(x, y + radius + 1);
    brush.lineTo(x - radius - 1, y);
    brush.closePath();
  } else brush.arc(x, y, radius, 0, 2 * Math.PI);
  if (look === "silent" || look === "unknown") {
    brush.fillStyle = "#fff";
    brush.fill();
    brush.lineWidth = 2;
    brush.strokeStyle = COLOURS[look];
    brush.stroke();
    return;
  }
  brush.fillStyle = COLOURS[look];
  brush.fill();
  if (zoom >= 13) {
    brush.lineWidth = 1.5;
    brush.strokeStyle = "#fff";
    brush.stroke();
  }
}
