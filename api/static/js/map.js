/**
 * The map: ground, zones, trail, band dots, and incidents as buttons on top of everything.
 * @module
 */

/* global L */

import { DotsLayer } from "./dots.js";
import { drawGround } from "./ground.js";
import { fill } from "./moments.js";

const NAMES_FROM_ZOOM = 12.5;
const PANES = ["ground", "grid", "zones", "trail", "dots", "names", "incidents"];
/** Leaflet drops a move that is asked for while it animates another. */
const AT_ONCE = { animate: false };
const COLOURS = { alarm: "#b3001b", waiting: "#8a4b00", going: "#0b4f9e", search: "#5b2a86", safe: "#0b6b3a" };

/** The console's map. Events: `band` (detail: a band), `incident` (detail: id), `nothing`. */
export class ConsoleMap extends EventTarget {
  /** @param {HTMLElement} element @param {import("./moments.js").ServiceClock} clock @param {Record<string, string>} words */
  constructor(element, clock, words) {
    super();
    this._words = words;
    this.map = L.map(element, {
      center: [30.45, 120.62],
      zoom: 11,
      minZoom: 9,
      maxZoom: 18,
      zoomSnap: 0.5,
      attributionControl: false,
      zoomControl: false,
    });
    element.leaflet = this.map; // for whoever looks from outside
    element.setAttribute("role", "application");
    element.setAttribute("aria-label", words.map);
    L.control.zoom({ zoomInTitle: words.zoom_in, zoomOutTitle: words.zoom_out }).addTo(this.map);
    L.control.attribution({ prefix: false }).addAttribution(words.no_basemap).addTo(this.map);
    PANES.forEach((name, index) => {
      this.map.createPane(name).style.zIndex = String(210 + index * 50);
    });
    this.map.getPane("dots").style.pointerEvents = "none";
    this.map.getPane("names").style.pointerEvents = "none";
    this.dots = new DotsLayer(clock).addTo(this.map);
    this._zones = L.layerGroup().addTo(this.map);
    this._trail = L.layerGroup().addTo(this.map);
    this._markers = new Map();
    this.map.on("click", (event) => this._show(event.containerPoint));
    this.map.getContainer().addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target === this.map.getContainer()) {
        this._show(this.map.getSize().divideBy(2));
      }
    });
    this.map.on("moveend", () => this._countHidden());
    this.map.on("zoomend", () => this._showNames());
    new ResizeObserver(() => this.map.invalidateSize({ pan: false })).observe(element);
    this._addHomeButton();
    this._showNames();
  }

  /** @param {object} outline GeoJSON */
  setGround(outline) {
    this._town = drawGround(this.map, outline, this._words);
    this.showTown();
  }

  /** Show the whole town. */
  showTown() {
    if (this._town) this.map.fitBounds(this._town, { padding: [8, 8], ...AT_ONCE });
  }

  /** @param {object[]} incidents cards of `/api/incidents` @param {number | null} chosenId */
  setIncidents(incidents, chosenId) {
    const shown = new Set();
    this._incidents = incidents.filter((incident) => incident.where && incident.state !== "closed");
    for (const incident of this._incidents) {
      shown.add(incident.id);
      this._mark(incident, incident.id === chosenId);
    }
    for (const [id, marker] of this._markers) {
      if (!shown.has(id)) {
        marker.remove();
        this._markers.delete(id);
      }
    }
    this._countHidden();
  }

  /** @param {object} zones @param {object | null} trail GeoJSON @param {object | null} incident */
  setChosen(zones, trail, incident) {
    this._zones.clearLayers();
    this._trail.clearLayers();
    if (zones) {
      L.geoJSON(zones, {
        pane: "zones",
        interactive: false,
        style: ({ properties }) => ({
          color: properties.kind === "danger" ? COLOURS.alarm : COLOURS.safe,
          dashArray: properties.kind === "danger" ? "6 5" : properties.counts_now ? null : "1 6",
          weight: 2,
          // not in its hours: an outline only, so that nobody takes it for safe ground
          opacity: properties.counts_now ? 1 : 0.6,
          fillOpacity: properties.counts_now ? 0.08 : 0,
        }),
        onEachFeature: ({ properties }, layer) => {
          if (properties.counts_now) return;
          const note = fill(this._words.zone_off, { name: properties.name });
          layer.bindTooltip(document.createTextNode(note), { permanent: true, direction: "center", className: "zone-note", pane: "names" });
        },
      }).addTo(this._zones);
    }
    if (trail?.features.length) this._drawTrail(trail);
    if (incident?.where) this._drawDisc(incident);
  }

  /** Move to an incident, without zooming out. @param {object} incident */
  goTo(incident) {
    if (incident?.where) {
      this.map.setView([incident.where.lat, incident.where.lon], Math.max(15, this.map.getZoom()), AT_ONCE);
    }
  }

  /** Show every open incident. */
  fitIncidents() {
    const places = (this._incidents ?? []).map(({ where }) => [where.lat, where.lon]);
    if (places.length) this.map.fitBounds(L.latLngBounds(places).pad(0.3), { maxZoom: 15, ...AT_ONCE });
  }

  _drawTrail(trail) {
    const points = trail.features.filter((f) => !f.properties.late);
    const line = points.map(({ geometry }) => [geometry.coordinates[1], geometry.coordinates[0]]);
    L.polyline(line, { pane: "trail", interactive: false, color: "#14181f", weight: 3, opacity: 0.55, dashArray: "2 7" }).addTo(this._trail);
    for (const place of line.slice(0, -1)) {
      L.circleMarker(place, { pane: "trail", interactive: false, radius: 3, weight: 0, fillColor: "#14181f", fillOpacity: 0.6 }).addTo(this._trail);
    }
  }

  _drawDisc(incident) {
    const { lat, lon, accuracy_m: accuracy, is_stale: stale } = incident.where;
    if (!accuracy) return;
    const colour = COLOURS[incident.colour] ?? COLOURS.alarm;
    L.circle([lat, lon], { pane: "trail", interactive: false, radius: accuracy, color: colour, weight: 1.5, fillOpacity: 0.12, dashArray: stale ? "5 5" : null }).addTo(this._trail);
  }

  _mark(incident, isChosen) {
    const place = [incident.where.lat, incident.where.lon];
    const label = `${incident.id} ${incident.elder.name}, ${incident.state_words}`;
    const key = [incident.shape, incident.colour, incident.state, isChosen, incident.where.is_stale, label].join();
    let marker = this._markers.get(incident.id);
    if (!marker) {
      marker = L.marker(place, { pane: "incidents", riseOnHover: true }).addTo(this.map);
      marker.on("click", () => this.dispatchEvent(new CustomEvent("incident", { detail: incident.id })));
      this._markers.set(incident.id, marker);
    }
    marker.setLatLng(place);
    if (marker.look === key) return;
    marker.look = key;
    marker.setIcon(iconOf(incident, isChosen));
    const element = marker.getElement();
    element.setAttribute("aria-label", label);
    element.removeAttribute("title");
    element.dataset.incident = incident.id;
  }

  _show(point) {
    const band = this.dots.nearest(point);
    this.dispatchEvent(band ? new CustomEvent("band", { detail: band }) : new Event("nothing"));
  }

  /** Far away only the chosen incident's name has room. */
  _showNames() {
    this.map.getContainer().classList.toggle("far", this.map.getZoom() < NAMES_FROM_ZOOM);
  }

  _countHidden() {
    const view = this.map.getBounds();
    const hidden = (this._incidents ?? []).filter(({ where }) => !view.contains([where.lat, where.lon]));
    this.dispatchEvent(new CustomEvent("hidden", { detail: hidden.length }));
  }

  _addHomeButton() {
    const control = L.control({ position: "topleft" });
    control.onAdd = () => {
      const bar = L.DomUtil.create("div", "leaflet-bar");
      const button = L.DomUtil.create("button", "map-button", bar);
      button.type = "button";
      button.textContent = this._words.to_haining;
      L.DomEvent.disableClickPropagation(bar);
      button.addEventListener("click", () => this.showTown());
      return bar;
    };
    control.addTo(this.map);
  }
}

function iconOf(incident, isChosen) {
  const body = document.createElement("div");
  body.className = "incident-body";
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", `mark ${incident.colour}${incident.where.is_stale ? " old" : ""}`);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#shape-${incident.shape}`);
  svg.append(use);
  const name = document.createElement("span");
  name.textContent = fill("%(name)s", { name: incident.elder.name });
  body.append(svg, name);
  const chosen = isChosen ? " chosen" : "";
  const pulsing = incident.state === "unanswered" ? " pulsing" : "";
  return L.divIcon({ className: `incident-mark${chosen}${pulsing}`, html: body, iconSize: [34, 34], iconAnchor: [17, 17] });
}
