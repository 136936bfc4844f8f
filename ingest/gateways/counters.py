"""What a gateway counts, for Prometheus."""

from prometheus_client import Counter, Gauge

CONNECTIONS = Gauge("aihuijia_gateway_connections", "Open connections.")
OPENED = Counter("aihuijia_gateway_opened_total", "Connections taken.")
CLOSED = Counter("aihuijia_gateway_closed_total", "Connections that ended.", ["reason"])
FRAMES = Counter("aihuijia_gateway_frames_total", "Frames heard.", ["protocol"])
READINGS = Counter("aihuijia_gateway_readings_total", "Readings heard.", ["protocol", "kind"])
PASSED_OVER = Counter(
    "aihuijia_gateway_passed_over_bytes_total", "Bytes that belong to no frame.", ["protocol"]
)
FAULTS = Counter("aihuijia_gateway_decoder_faults_total", "Frames a decoder broke on.")
REPLACED = Counter("aihuijia_gateway_replaced_total", "Bands that came on a second connection.")
ORDERS = Counter("aihuijia_gateway_orders_total", "Orders for bands.", ["outcome"])
UNDER_WAY = Gauge("aihuijia_gateway_under_way", "Messages the broker has not thanked for.")
UNSEEN = Gauge("aihuijia_gateway_spooled", "Messages in the spool.")
REPEATED = Counter("aihuijia_gateway_repeated_total", "Reports published once more.")
