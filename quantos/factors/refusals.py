"""What factors refuse, as named facts."""

from __future__ import annotations

from quantos.errors import Conflict, NotFound, TooLarge, WrongState


class FactorNotFound(NotFound):
    code = "factor_not_found"


class FactorLocked(WrongState):
    """A change that the factor's status does not allow."""

    code = "factor_locked"


class FactorNotReady(WrongState):
    """A submission of a factor that is not ready."""

    code = "factor_not_ready"


class FactorTakesNoValues(WrongState):
    """Values while the factor is being validated, or of days that are in its sample."""

    code = "factor_takes_no_values"


class FactorDateInFuture(WrongState):
    """Values of a day that is still to come."""

    code = "factor_date_in_future"


class FactorDayWritten(Conflict):
    """Other values for a day out of sample, which is written once."""

    code = "factor_day_written"


class UploadTooLarge(TooLarge):
    """A file that holds more values than one upload may."""

    code = "factor_upload_too_large"
