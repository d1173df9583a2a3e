"""POST {entity}/{id}/send: marks a form as sent by e-mail; nothing leaves the sandbox."""

from qbo_facts import Entity
from qbo_sandbox.company.faults import Refused, missing, not_found, unsupported
from qbo_sandbox.company.work import Place, Work

_ADDRESS_FIELDS = ("BillEmail", "POEmail")


def send(work: Work, entity: Entity, id_text: str, *, send_to: str | None) -> Place:
    """Stage the sending of a form, to `send_to` or to the address that it has.

    Raises:
        Refused: not offered, no such form, or no address.
    """
    if not entity.operations.send:
        raise unsupported("send")
    place = work.place(entity.name, id_text)
    body = None if place is None else work.read(place)
    if place is None or body is None:
        raise not_found()
    field = next((name for name in _ADDRESS_FIELDS if name in entity.fields), None)
    sent = work.touched(body)
    if field is not None:
        if send_to:
            sent[field] = {"Address": send_to}
        elif not (body.get(field) or {}).get("Address"):
            raise Refused(missing(f"{field}.Address"))
    elif not send_to:
        raise Refused(missing("sendTo"))
    sent["EmailStatus"] = "EmailSent"
    sent["DeliveryInfo"] = {"DeliveryType": "Email", "DeliveryTime": work.stamp}
    work.put(place, sent)
    return place
