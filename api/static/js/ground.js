/**
 * The basemap that needs no tiles: outline of the town, 1 km grid, names, scale bar, north arrow.
 * @module
 */

/* global L */

const KM_PER_DEG = 6371.0088 * Math.PI / 180;
const MIDDLE_LAT = 30.45;
const FINE_FROM_ZOOM = 11.5;

/**
 * Draw the ground.
 * @param {L.Map} map @param {object} outline GeoJSON of `/api/outline`
 * @param {Record<string, string>} words
 * @returns {L.LatLngBounds} the town
 */
export function drawGround(map, outline, words) {
  const town = L.geoJSON(outline, {
    pane: "ground",
    interactive: false,
    filter: (feature) => feature.geometry.type !== "Point",
    style: { color: "#4a5568", weight: 2, fillColor: "#f9faf6", fillOpacity: 1 },
  }).addTo(map);
  const bounds = town.getBounds();
  drawGrid(map, bounds.pad(0.15));
  for (const feature of outline.features) {
    if (feature.geometry.type === "Point") nameStreet(map, feature);
  }
  L.control.scale({ imperial: false, maxWidth: 120 }).addTo(map);
  addNorthArrow(map, words);
  return bounds;
}

/** 1 km lines; far away every fifth. */
function drawGrid(map, bounds) {
  const fine = gridLayer(bounds, 1);
  const coarse = gridLayer(bounds, 5);
  const choose = () => {
    const isNear = map.getZoom() >= FINE_FROM_ZOOM;
    (isNear ? coarse : fine).remove();
    (isNear ? fine : coarse).addTo(map);
  };
  map.on("zoomend", choose);
  choose();
}

function gridLayer(bounds, km) {
  const lonStep = km / (KM_PER_DEG * Math.cos(MIDDLE_LAT * Math.PI / 180));
  const latStep = km / KM_PER_DEG;
  const [west, south, east, north] = [bounds.getWest(), bounds.getSouth(), bounds.getEast(), bounds.getNorth()];
  const lines = [];
  for (let lon = Math.floor(west / lonStep) * lonStep; lon <= east; lon += lonStep) lines.push([[south, lon], [north, lon]]);
  for (let lat = Math.floor(south / latStep) * latStep; lat <= north; lat += latStep) lines.push([[lat, west], [lat, east]]);
  const renderer = L.canvas({ pane: "grid", padding: 0.3 });
  return L.polyline(lines, { renderer, interactive: false, color: "#14181f", weight: 1, opacity: 0.09 });
}

function nameStreet(map, feature) {
  const [lon, lat] = feature.geometry.coordinates;
  const name = document.createElement("span");
  name.textContent = feature.properties.name;
  L.marker([lat, lon], {
    pane: "names",
    interactive: false,
    keyboard: false,
    icon: L.divIcon({ className: "street-name", html: name, iconSize: null }),
  }).addTo(map);
}

function addNorthArrow(map, words) {
  const arrow = L.control({ position: "topright" });
  arrow.onAdd = () => {
    const element = L.DomUtil.create("div", "north-arrow");
    element.setAttribute("aria-hidden", "true");
    element.textContent = `▲ ${words.north}`;
    return element;
  };
  arrow.addTo(map);
}
