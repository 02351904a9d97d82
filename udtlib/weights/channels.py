"""The orders in which a network's input channels may stand; without torch. Book: chapter 06."""

CHANNEL_ORDERS = ("rgb", "bgr")
