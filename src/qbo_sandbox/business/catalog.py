"""What the business sells, and the ready-made invoice lines for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qbo_sandbox.business.books import Books
from qbo_sandbox.business.chance import Chance
from qbo_sandbox.business.chart import Chart
from qbo_sandbox.business.json_text import compact, compact_text, money, money_text
from qbo_sandbox.business.timeline import Timeline

_DESIGN, _INSTALLATION, _MAINTENANCE = "Services:Design", "Services:Installation", "Services:Maintenance"
_PRODUCTS = "Sales of Product Income"
CATEGORIES = ("Studio", "Field Work", "Plants & Soil", "Fixtures")

# Name, category, type, price in cents, cost in cents, income account, description.
_GOODS: tuple[tuple[str, str | None, str, int, int, str, str], ...] = (
    ("Consultation", "Studio", "Service", 9500, 0, _DESIGN, "On-site consultation"),
    ("Concept drawing", "Studio", "Service", 12000, 0, _DESIGN, "Concept drawing, per hour"),
    ("Planting plan", "Studio", "Service", 11000, 0, _DESIGN, "Planting plan"),
    ("Permit filing", "Studio", "Service", 8800, 0, _DESIGN, "Permit paperwork"),
    ("Site survey", "Studio", "Service", 13600, 0, _DESIGN, "Survey with levels"),
    ("Project oversight", "Studio", "Service", 10400, 0, _DESIGN, "Oversight, per hour"),
    ("Crew hour", "Field Work", "Service", 6400, 0, _INSTALLATION, "Two-person crew"),
    ("Excavation", "Field Work", "Service", 14800, 0, _INSTALLATION, "Mini excavator with driver"),
    ("Irrigation fitting", "Field Work", "Service", 9200, 0, _INSTALLATION, "Fitting of lines and heads"),
    ("Stone laying", "Field Work", "Service", 8400, 0, _INSTALLATION, "Dry-laid stone"),
    ("Lighting fitting", "Field Work", "Service", 8800, 0, _INSTALLATION, "Low-voltage lighting"),
    ("Hauling", "Field Work", "Service", 5600, 0, _INSTALLATION, "Haul away, per hour"),
    ("Pruning", None, "Service", 5200, 0, _MAINTENANCE, "Pruning, per hour"),
    ("Mowing", None, "Service", 4400, 0, _MAINTENANCE, "Mowing and edging"),
    ("Spring clean-up", None, "Service", 6000, 0, _MAINTENANCE, "Beds and paths"),
    ("Winter care", None, "Service", 5600, 0, _MAINTENANCE, "Wrapping and mulching"),
    ("Pest check", None, "Service", 4800, 0, _MAINTENANCE, "Inspection with report"),
    ("Delivery", None, "Service", 3500, 0, _MAINTENANCE, "Local delivery"),
    ("Topsoil yard", "Plants & Soil", "NonInventory", 4250, 0, _PRODUCTS, "Screened topsoil"),
    ("Bark mulch yard", "Plants & Soil", "NonInventory", 3895, 0, _PRODUCTS, "Dark bark mulch"),
    ("River gravel yard", "Plants & Soil", "NonInventory", 5115, 0, _PRODUCTS, "Washed gravel"),
    ("Compost yard", "Plants & Soil", "NonInventory", 3640, 0, _PRODUCTS, "Aged compost"),
    ("Sod roll", "Plants & Soil", "NonInventory", 785, 0, _PRODUCTS, "Fescue sod"),
    ("Perennial flat", "Plants & Soil", "NonInventory", 3199, 0, _PRODUCTS, "Flat of 18"),
    ("Shrub, 5 gal", "Plants & Soil", "NonInventory", 2875, 0, _PRODUCTS, "Nursery shrub"),
    ("Shade tree", "Plants & Soil", "NonInventory", 18950, 0, _PRODUCTS, "Two-inch caliper"),
    ("Sprinkler head", "Fixtures", "Inventory", 1249, 610, _PRODUCTS, "Pop-up head"),
    ("Drip line roll", "Fixtures", "Inventory", 4199, 2265, _PRODUCTS, "100 ft roll"),
    ("Valve box", "Fixtures", "Inventory", 2745, 1380, _PRODUCTS, "Ten-inch round"),
    ("Controller", "Fixtures", "Inventory", 16900, 9850, _PRODUCTS, "Eight-zone controller"),
    ("Path light", "Fixtures", "Inventory", 5850, 3125, _PRODUCTS, "Brass path light"),
    ("Transformer", "Fixtures", "Inventory", 13995, 7740, _PRODUCTS, "150 W transformer"),
    ("Planter, large", "Fixtures", "Inventory", 8925, 4415, _PRODUCTS, "Cast planter"),
    ("Bird bath", "Fixtures", "Inventory", 7450, 3390, _PRODUCTS, "Cast stone"),
    ("Garden bench", "Fixtures", "Inventory", 24900, 13120, _PRODUCTS, "Teak, five feet"),
    ("Fountain pump", "Fixtures", "Inventory", 6325, 3475, _PRODUCTS, "Submersible pump"),
    ("Rain barrel", "Fixtures", "Inventory", 11250, 6040, _PRODUCTS, "55 gallons"),
    ("Stepping stone", "Fixtures", "Inventory", 965, 440, _PRODUCTS, "Round, 16 in"),
)
# Quarter units, so that every amount is a whole number of cents.
_HOURS = (4, 6, 8, 10, 12, 14, 16, 20, 24, 32, 34, 40)
_PIECES = (4, 8, 12, 16, 20, 24, 32, 40, 48, 60, 72, 96)
CHOICES = len(_GOODS) * len(_HOURS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """Something sold; money in cents."""

    id: int
    name: str
    category: str | None
    kind: str
    price: int
    cost: int
    income: str
    description: str

    @property
    def is_stocked(self) -> bool:
        return self.kind == "Inventory"

    def ref(self) -> dict[str, str]:
        return {"value": str(self.id), "name": self.name}


class Catalog:
    """Items, and every line a sales form can carry: an item with a quantity, called a choice.

    `amounts[choice]` is the line's amount in cents; `line_text(number, choice)` the line as JSON text for the
    `number`th place of a form, from 1. `counts[choice]` counts how often a choice was sold; credits count down.
    """

    def __init__(self, chart: Chart, chance: Chance) -> None:
        self._chart = chart
        self._chance = chance
        first = len(CATEGORIES) + 1
        self.items = tuple(
            Item(
                id=position, name=name, category=category, kind=kind, price=price, cost=cost, income=income,
                description=text,
            )
            for position, (name, category, kind, price, cost, income, text) in enumerate(_GOODS, start=first)
        )  # fmt: skip
        self.stocked = tuple(item for item in self.items if item.is_stocked)
        self.amounts: list[int] = []
        self.counts = [0] * CHOICES
        self._quarters: list[int] = []
        self._tails: list[str] = []
        for item in self.items:
            for quarters in _HOURS if item.kind == "Service" else _PIECES:
                self.amounts.append(item.price * quarters // 4)
                self._quarters.append(quarters)
                self._tails.append(self._tail(item, quarters))
        self.lines_by_place = [[self._numbered(place, tail) for tail in self._tails] for place in range(1, 5)]

    def line_text(self, number: int, choice: int) -> str:
        return self.lines_by_place[number - 1][choice]

    def post(self, books: Books) -> None:
        """Post what was sold, the other side being in the receivables already, and the stock it took."""
        per_item = len(_HOURS)
        stock, cost_of_goods = self._chart["Inventory Asset"].id, self._chart["Cost of Goods Sold"].id
        for choice, count in enumerate(self.counts):
            if not count:
                continue
            item = self.items[choice // per_item]
            books.accounts[self._chart[item.income].id] -= self.amounts[choice] * count
            if item.is_stocked:
                pieces = self._quarters[choice] // 4 * count
                books.sold[item.id] += pieces
                books.post(cost_of_goods, stock, item.cost * pieces)

    def records(self, books: Books, timeline: Timeline) -> list[tuple[int, bytes]]:
        """Category and item objects; call it once, after everything is posted: it settles the opening stock."""
        moment = timeline.before_opening(55, 0)
        records = [(number, compact(self._category(number, name, moment))) for number, name in enumerate(CATEGORIES, 1)]
        records += [(item.id, compact(self._item(item, books, timeline))) for item in self.items]
        return records

    def _category(self, number: int, name: str, moment: str) -> dict[str, Any]:
        return {
            "Id": str(number),
            "SyncToken": "0",
            "domain": "QBO",
            "sparse": False,
            "Name": name,
            "FullyQualifiedName": name,
            "Active": True,
            "Type": "Category",
            "MetaData": {"CreateTime": moment, "LastUpdatedTime": moment},
        }

    def _item(self, item: Item, books: Books, timeline: Timeline) -> dict[str, Any]:
        moment = timeline.before_opening(50, item.id * 11)
        record: dict[str, Any] = {
            "Id": str(item.id),
            "SyncToken": "0",
            "domain": "QBO",
            "sparse": False,
            "Name": item.name,
            "Sku": f"{item.kind[0]}{item.id:03d}",
            "Description": item.description,
            "Active": True,
        }
        if item.category:
            record["SubItem"] = True
            record["ParentRef"] = {"value": str(CATEGORIES.index(item.category) + 1), "name": item.category}
            record["Level"] = 1
        record |= {
            "FullyQualifiedName": f"{item.category}:{item.name}" if item.category else item.name,
            "Taxable": item.kind != "Service",
            "UnitPrice": money(item.price),
            "Type": item.kind,
            "IncomeAccountRef": self._chart[item.income].ref(),
            "PurchaseCost": money(item.cost),
            "TrackQtyOnHand": item.is_stocked,
        }
        if item.is_stocked:
            record |= {
                "ExpenseAccountRef": self._chart["Cost of Goods Sold"].ref(),
                "AssetAccountRef": self._chart["Inventory Asset"].ref(),
                "QtyOnHand": self._stock_left(item, books),
                "InvStartDate": timeline.dates[0],
            }
        return record | {"MetaData": {"CreateTime": moment, "LastUpdatedTime": moment}}

    def _stock_left(self, item: Item, books: Books) -> int:
        """Pieces on hand today. What was there at the start follows from it and is posted against opening equity."""
        sold, bought = books.sold[item.id], books.bought[item.id]
        left = self._chance.between(6, 180) + max(0, bought - sold)
        opening = left + sold - bought
        stock, equity = self._chart["Inventory Asset"].id, self._chart["Opening Balance Equity"].id
        books.post(stock, equity, opening * item.cost)
        return left

    def _tail(self, item: Item, quarters: int) -> str:
        quantity = money_text(quarters * 25).removesuffix(".0")
        detail = (
            f'{{"ItemRef":{compact_text(item.ref())},"UnitPrice":{money_text(item.price).removesuffix(".0")},'
            f'"Qty":{quantity},"ItemAccountRef":{compact_text(self._chart[item.income].ref())},'
            '"TaxCodeRef":{"value":"NON"}}'
        )
        # Only some lines carry a description, as in most companies; it keeps a form of four lines near two kilobytes.
        description = f'"Description":{compact_text(item.description)},' if item.id % 4 == 0 else ""
        return (
            f'{description}"Amount":{money_text(item.price * quarters // 4)},'
            f'"DetailType":"SalesItemLineDetail","SalesItemLineDetail":{detail}}}'
        )

    @staticmethod
    def _numbered(place: int, tail: str) -> str:
        return f'{{"Id":"{place}","LineNum":{place},{tail}'
