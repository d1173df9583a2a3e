"""Made-up names, streets and places, and the combinations of them without repetition."""

from __future__ import annotations

import math
from collections.abc import Iterator

from qbo_sandbox.business.chance import Chance

GIVEN = (
    "Nora", "Amos", "Priya", "Tomas", "Wren", "Idris", "Selma", "Otis", "Mei", "Callum", "Renata", "Joaquin",
    "Freya", "Dmitri", "Aisha", "Bram", "Odile", "Kenji", "Lucia", "Ansel", "Imani", "Rory", "Zofia", "Hakim",
    "Petra", "Elio", "Greta", "Moses", "Sunniva", "Ravi", "Clio", "Baptiste", "Yara", "Sten", "Delphine",
    "Omar", "Ingrid", "Caleb", "Noor", "Viggo", "Althea", "Emeka", "Saskia", "Fintan", "Marisol", "Jonas",
    "Leilani", "Corwin", "Anouk", "Tariq",
)  # fmt: skip
FAMILY = (
    "Quist", "Abernethy", "Solheim", "Okafor", "Varga", "Pellew", "Ndiaye", "Hartwell", "Castellan",
    "Brightwater", "Ishikawa", "Delacroix", "Munro", "Santos", "Vesterholt", "Kapoor", "Lindqvist", "Oyelaran",
    "Marchetti", "Thackeray", "Novak", "Falk", "Ruiz", "Penhallow", "Adeyemi", "Bjornstad", "Calloway",
    "Dragan", "Eskola", "Farrow", "Grimaldi", "Hollis", "Ibarra", "Jansson", "Kowalczyk", "Larkspur",
    "Medeiros", "Norrell", "Ostrander", "Prewitt", "Rasmussen", "Stavros", "Tolliver", "Underhay", "Valdivia",
    "Whitlock", "Yamane", "Zabriskie", "Ashgrove", "Birkett",
)  # fmt: skip
PLACES = (
    "Harbor Lane", "Cedar Hollow", "Juniper Flat", "Stonebridge", "Alder Creek", "Foxglove", "Gull Point",
    "Copper Canyon", "Windmill Row", "Maple Terrace", "Blue Heron", "Saltmarsh", "Ridgeline", "Orchard Gate",
    "Lantern Street", "Thistledown", "Kestrel Bay", "Millrace", "Quarry Road", "Summerfield", "Tidewater Bend",
    "Larch Hill", "Pebble Cove", "Ironwood", "Driftwood Pier", "Barley Mow", "Snowberry", "Clover Park",
    "Heron Landing", "Old Ferry", "Sunrise Mesa", "Willow Ford", "Granite Peak", "Fern Valley", "Marigold",
    "Seven Pines", "Rookery", "Candlewick", "Tamarack", "Beacon Square", "Moss Harbor", "Hazel Grove",
    "Amber Crossing", "Swallow Hill", "Longmeadow", "Cobblestone", "Nightjar", "Sandpiper", "Elm & Ash",
    "Bellwether", "Crane's Nest", "Mission Bluff", "Peñasco", "Plover Sound", "Sorrel", "Timberline Loop",
    "Upper Mill", "Vinegar Hill", "Weather Vane", "Yarrow",
)  # fmt: skip
TRADES = (
    "Bakery", "Dental", "Veterinary Clinic", "Hardware", "Landscaping", "Bookshop", "Brewing", "Roofing", "Florist",
    "Yoga Studio", "Auto Repair", "Coffee Roasters", "Architects", "Plumbing", "Catering", "Print Works",
    "Physiotherapy", "Cabinetry", "Farm Supply", "Boat Yard", "Property Management", "Pottery", "Cycles",
    "Tea House", "Optical", "Nursery School", "Tile & Stone", "Film House", "Surveyors", "Pharmacy", "Winery",
    "Music School", "Ceramics", "Engineering", "Travel Desk", "Upholstery", "Law Office", "Kennels", "Solar", "Framing",
)  # fmt: skip
SUPPLIES = (
    "Paper Co", "Lumber", "Wholesale", "Freight", "Packaging", "Insurance Agency", "Power & Light", "Telecom",
    "Office Supply", "Fuel", "Cleaning Services", "Tool Rental", "Foods", "Glass", "Chemicals", "Water District",
    "Waste Removal", "Staffing", "Media", "Fasteners", "Seed & Feed", "Web Hosting", "Security", "Equipment Leasing",
)  # fmt: skip
STREETS = (
    "Pier Road", "Mulberry Street", "2nd Avenue", "Quarry Lane", "Old Mill Road", "Ferry Street", "Birch Avenue",
    "Commerce Way", "Depot Street", "Larkspur Drive", "Harvest Road", "Canal Street", "Signal Hill Road",
    "Vine Street", "Station Square", "Orchard Avenue", "Lighthouse Lane", "Foundry Street", "Meadow Court",
)  # fmt: skip
CITIES = (
    ("Astoria", "OR", "97103", "503"), ("Bay City", "OR", "97107", "503"), ("Corvallis", "OR", "97330", "541"),
    ("Eugene", "OR", "97401", "541"), ("Bend", "OR", "97701", "541"), ("Ashland", "OR", "97520", "541"),
    ("Vancouver", "WA", "98660", "360"), ("Olympia", "WA", "98501", "360"), ("Spokane", "WA", "99201", "509"),
    ("Yakima", "WA", "98901", "509"), ("Bellingham", "WA", "98225", "360"), ("Boise", "ID", "83702", "208"),
    ("Moscow", "ID", "83843", "208"), ("Arcata", "CA", "95521", "707"), ("Redding", "CA", "96001", "530"),
    ("Chico", "CA", "95926", "530"), ("Eureka", "CA", "95501", "707"), ("Reno", "NV", "89501", "775"),
    ("Elko", "NV", "89801", "775"), ("Missoula", "MT", "59801", "406"), ("Helena", "MT", "59601", "406"),
    ("Provo", "UT", "84601", "801"), ("Logan", "UT", "84321", "435"), ("Salida", "CO", "81201", "719"),
)  # fmt: skip
JOB_WORDS = (
    "Annex", "Kitchen", "Phase 2", "Warehouse", "Front Office", "Roof Terrace", "East Wing", "Workshop", "Loft",
    "Garden", "Showroom", "Basement",
)  # fmt: skip


def business_names(chance: Chance, kinds: tuple[str, ...]) -> Iterator[str]:
    """Names of businesses, each once; after all combinations are used up they come again with a number."""
    first_parts = PLACES + FAMILY
    for position, round_number in _without_repetition(chance, len(first_parts) * len(kinds)):
        first, kind = divmod(position, len(kinds))
        name = f"{first_parts[first]} {kinds[kind]}"
        yield name if round_number == 1 else f"{name} No. {round_number}"


def person_names(chance: Chance) -> Iterator[tuple[str, str]]:
    """Given and family names, each pair once; later rounds get an initial to stay apart."""
    for position, round_number in _without_repetition(chance, len(GIVEN) * len(FAMILY)):
        given, family = divmod(position, len(FAMILY))
        middle = "" if round_number == 1 else f" {chr(ord('A') + (round_number - 2) % 26)}."
        yield GIVEN[given] + middle, FAMILY[family]


def _without_repetition(chance: Chance, size: int) -> Iterator[tuple[int, int]]:
    """Every number below `size` once in a mixed order, then again; with the number of the round, from 1."""
    stride = chance.between(size // 3, size // 2)
    while math.gcd(stride, size) != 1:
        stride += 1
    position = chance.below(size)
    round_number = 0
    while True:
        round_number += 1
        for _ in range(size):
            position = (position + stride) % size
            yield position, round_number
