"""POST taxservice/taxcode: the one way to make tax codes and tax rates."""

from decimal import Decimal

import qbo_facts
from qbo_sandbox.company.faults import FaultError, Refused, bad_reference
from qbo_sandbox.company.json_text import Body
from qbo_sandbox.company.violations import fault_errors
from qbo_sandbox.company.work import Place, Work
from qbo_sandbox.query import Property

_NAME = Property(("Name",), "text")
_LONGEST = {"TaxCode": 100, "TaxRateName": 10}


def make_tax_code(work: Work, body: Body) -> Body:
    """Stage a tax code and the rates it brings along; gives the answer, which stands without an envelope.

    Raises:
        Refused: with everything that was found wrong.
    """
    errors = fault_errors(qbo_facts.check_body(qbo_facts.entity("TaxService"), body, operation="create"))
    if errors:
        raise Refused(*errors)
    name = str(body["TaxCode"])
    details: list[Body] = list(body["TaxRateDetails"])
    errors = _length_errors(name, details) + _name_errors(work, "TaxCode", name)
    rates = [_rate(work, detail, errors) for detail in details]
    if errors:
        raise Refused(*errors)
    sides: dict[str, list[Body]] = {"Sales": [], "Purchase": []}
    for order, ((_, rate), detail) in enumerate(zip(rates, details, strict=True), start=1):
        side = "Purchase" if detail.get("TaxApplicableOn") == "Purchase" else "Sales"
        entry = {"value": rate["Id"], "name": rate["Name"]}
        sides[side].append({"TaxRateRef": entry, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": order})
    place: Place = ("TaxCode", work.store.next_id("TaxCode"))
    content = {
        "Name": name,
        "Description": name,
        "Active": True,
        "Hidden": False,
        "Taxable": True,
        "TaxGroup": True,
        "SalesTaxRateList": {"TaxRateDetail": sides["Sales"]},
        "PurchaseTaxRateList": {"TaxRateDetail": sides["Purchase"]},
        "TaxCodeConfigType": "USER_DEFINED",
    }
    work.put(place, work.new_body(place[1], content))
    answered = [_answered(detail, rate) for (_, rate), detail in zip(rates, details, strict=True)]
    return {"TaxCode": name, "TaxCodeId": str(place[1]), "TaxRateDetails": answered}


def _rate(work: Work, detail: Body, errors: list[FaultError]) -> tuple[Place, Body]:
    """The rate that is named, or a new one."""
    if detail.get("TaxRateId"):
        found = work.place("TaxRate", str(detail["TaxRateId"]))
        known = None if found is None else work.read(found)
        if found is None or known is None:
            errors.append(bad_reference("TaxRateDetails.TaxRateId"))
            return ("TaxRate", 0), {"Id": "", "Name": ""}
        return found, known
    if work.place("TaxAgency", str(detail.get("TaxAgencyId", ""))) is None:
        errors.append(bad_reference("TaxRateDetails.TaxAgencyId"))
    name = str(detail["TaxRateName"])
    errors.extend(_name_errors(work, "TaxRate", name))
    place: Place = ("TaxRate", work.store.next_id("TaxRate"))
    value = Decimal(str(detail["RateValue"]))
    content = {
        "Name": name,
        "Description": name,
        "Active": True,
        "RateValue": value,
        "AgencyRef": {"value": str(detail.get("TaxAgencyId"))},
        "SpecialTaxType": "NONE",
        "EffectiveTaxRate": [{"RateValue": value, "EffectiveDate": work.stamp}],
        "DisplayType": "ReadOnly",
    }
    body = work.new_body(place[1], content)
    work.put(place, body)
    return place, body


def _answered(detail: Body, rate: Body) -> Body:
    return {
        "TaxRateName": rate.get("Name"),
        "TaxRateId": rate.get("Id"),
        "RateValue": rate.get("RateValue"),
        "TaxAgencyId": (rate.get("AgencyRef") or {}).get("value"),
        "TaxApplicableOn": detail.get("TaxApplicableOn", "Sales"),
    }


def _length_errors(name: str, details: list[Body]) -> list[FaultError]:
    texts = [("TaxCode", name)]
    texts += [("TaxRateName", str(detail["TaxRateName"])) for detail in details if detail.get("TaxRateName")]
    return [
        FaultError(
            code="2050",
            detail="String length specified does not match the supported length. "
            f"Min:0 Max:{_LONGEST[field]} supported. Supplied length:{len(text)}",
            element=field,
        )
        for field, text in texts
        if len(text) > _LONGEST[field]
    ]


def _name_errors(work: Work, entity: str, name: str) -> list[FaultError]:
    if not work.store.table(entity).ids_where(_NAME, name.casefold()):
        return []
    kind = "tax code" if entity == "TaxCode" else "tax rate"
    return [
        FaultError(
            code="6240",
            detail=f"The name supplied already exists. : Another {kind} is already using this name. "
            "Please use a different name.",
            element="TaxCode" if entity == "TaxCode" else "TaxRateName",
        )
    ]
