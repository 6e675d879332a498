"""The admission webhook: away it stops nobody, so that nobody notices."""

from collections.abc import Iterator
from datetime import timedelta

from inferops.names import WEBHOOKS
from inferops.plan.conditions import timestamp
from inferops.plan.doctor.survey import Survey
from inferops.plan.report import Line, failure, note, ok, warning

KIND = "ValidatingWebhookConfiguration"
SOON = timedelta(days=14)
"""The operator renews a month before the end: what is nearer than this was not renewed."""
RENEW = 'The operator makes and renews it: see its log for "certificate not kept".'


def check_admission(survey: Survey) -> Iterator[Line]:
    """Configuration, certificate, pods."""
    if blind := survey.blind(KIND):
        yield from blind
        return
    enabled, found = survey.settings.admission.enabled, survey.find(KIND, WEBHOOKS)
    if found is None:
        text = "is on in the settings, but its ValidatingWebhookConfiguration is missing"
        yield failure("webhook", text, "Upgrade the chart.") if enabled else note("webhook", "is off")
        return
    yield check_certificate(survey)
    name = survey.settings.admission.service
    if survey.of("EndpointSlice").refusal:
        return
    if survey.ready_endpoints(name):
        yield ok(f"Service {name}", f"leads to {survey.ready_endpoints(name)} pods")
    else:
        text = "leads to no pod: mistakes show in conditions only, not when a manifest is written"
        yield warning(f"Service {name}", text, "See inferops-operator, above.")


def check_certificate(survey: Survey) -> Line:
    """What the API server trusts."""
    if not survey.certificates:
        text = "the API server was given no certificate to trust (caBundle): it cannot ask the webhook"
        return failure("certificate", text, RENEW)
    last = max(survey.certificates)
    if last < survey.now:
        return failure("certificate", f"ended at {timestamp(last)}", RENEW)
    make = warning if last - survey.now < SOON else ok
    return make("certificate", f"is good until {timestamp(last)}", *([RENEW] if make is warning else []))
