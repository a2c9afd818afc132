"""The shop's carriers on one machine: parcels are booked by API, and their reports reach the shop signed, over HTTP.

Mount it with `app.include_router(carrier_router(carriers))` around one `Carriers`; `await carriers.start()` before the
first request, `await carriers.stop()` at the end. One object plays every carrier that the shop works with.
"""

from sandbox.carrier.engine import Carriers
from sandbox.carrier.options import CarrierOptions, made_up_secrets
from sandbox.carrier.parcels import NAMES, Parcel
from sandbox.carrier.routes import carrier_router

__all__ = ["NAMES", "CarrierOptions", "Carriers", "Parcel", "carrier_router", "made_up_secrets"]
