"""The words the demo world is made of: companies, suppliers, people, goods. Invented, all of it."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Standard(StrEnum):
    """What a supplier's computer speaks."""

    X12 = "x12"
    EDIFACT = "edifact"


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """Somebody who signs in. `limit` is in the company's currency; None may propose but never authorise."""

    username: str
    first_name: str
    last_name: str
    team: str
    role: str
    limit: Decimal | None = None
    erp_user: str = ""


@dataclass(frozen=True, slots=True)
class DemoSupplier:
    """A supplier with its EDI address and standard; `edi_id` empty: it sends nothing electronically."""

    number: str
    name: str
    tier: str
    country: str
    categories: tuple[str, ...]
    buyer: str
    edi_id: str
    standard: Standard = Standard.X12

    @property
    def email(self) -> str:
        """Where it is written to."""
        return f"orders@{self.name.split()[0].lower()}.example"

    @property
    def bills_by_edi(self) -> bool:
        """Whether its invoices come by EDI; those of the others are typed into the ERP."""
        return bool(self.edi_id) and (self.tier == "A" or self.standard is Standard.EDIFACT)


@dataclass(frozen=True, slots=True)
class DemoCompany:
    """One company of the distributor with everything that differs between companies."""

    code: str
    name: str
    currency: str
    time_zone: str
    country: str
    subdivision: str
    edi_id: str
    opens: str
    closes: str
    warehouses: tuple[tuple[str, str], ...]
    first_order: int
    orders: int
    items: int
    people: tuple[DemoPerson, ...]
    suppliers: tuple[DemoSupplier, ...]
    tax_percent: Decimal
    #: The ERP's users who type in, by turns, what is not billed by EDI.
    clerks: tuple[str, ...]
    tour_item: str = ""
    #: Every kind of misbehaviour is there at least once.
    shows_everything: bool = False
    #: The supplier whose prices creep, and the one whose factory stands still; empty: nobody's.
    creeping: str = ""
    on_strike: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """A family of items: names by size, a base unit, a case size and a price range in the local currency."""

    category: str
    code: str
    names: tuple[str, ...]
    sizes: tuple[str, ...]
    unit: str
    case_of: int
    cheapest: Decimal
    dearest: Decimal


RANGES = (
    Range(
        "Seals",
        "SEA",
        ("Hydraulic seal kit", "Radial shaft seal", "O-ring set NBR", "Rod wiper", "V-ring"),
        ("20 mm", "25 mm", "32 mm", "40 mm", "50 mm", "63 mm", "80 mm", "100 mm"),
        "EA",
        10,
        Decimal("3.20"),
        Decimal("190.00"),
    ),
    Range(
        "Bearings",
        "BRG",
        ("Deep groove ball bearing", "Tapered roller bearing", "Pillow block unit", "Needle bearing"),
        ("6203", "6204", "6205", "6206", "6207", "6208", "6305", "6306", "6308", "6310"),
        "EA",
        12,
        Decimal("4.10"),
        Decimal("140.00"),
    ),
    Range(
        "Fasteners",
        "FST",
        ("Hex bolt 8.8 zinc", "Socket head screw A2", "Lock nut DIN 985", "Flat washer A4", "Threaded rod"),
        ("M5", "M6", "M8", "M10", "M12", "M16", "M20", "M24"),
        "EA",
        100,
        Decimal("0.04"),
        Decimal("6.50"),
    ),
    Range(
        "Pneumatics",
        "PNE",
        ("Push-in fitting", "Compact cylinder", "Solenoid valve 5/2", "Silencer", "Filter regulator"),
        ('1/8"', '1/4"', '3/8"', '1/2"', "6 mm", "8 mm", "10 mm"),
        "EA",
        10,
        Decimal("1.80"),
        Decimal("165.00"),
    ),
    Range(
        "Valves",
        "VLV",
        ("Ball valve stainless", "Gate valve brass", "Check valve", "Butterfly valve"),
        ("DN15", "DN20", "DN25", "DN32", "DN40", "DN50", "DN80"),
        "EA",
        6,
        Decimal("8.90"),
        Decimal("310.00"),
    ),
    Range(
        "Power transmission",
        "PWR",
        ("V-belt SPA", "Timing belt HTD 8M", "Roller chain", "Jaw coupling", "Sprocket"),
        ("1000", "1120", "1250", "1400", "1600", "1800", "2000"),
        "EA",
        5,
        Decimal("6.40"),
        Decimal("120.00"),
    ),
    Range(
        "Abrasives",
        "ABR",
        ("Cutting disc inox", "Flap disc", "Sanding belt", "Grinding wheel"),
        ("115 mm", "125 mm", "150 mm", "180 mm", "230 mm"),
        "EA",
        25,
        Decimal("0.90"),
        Decimal("24.00"),
    ),
    Range(
        "Lubricants",
        "LUB",
        ("Bearing grease", "Chain spray", "Hydraulic oil HLP 46", "Cutting fluid"),
        ("400 g", "1 l", "5 l", "20 l"),
        "EA",
        12,
        Decimal("5.50"),
        Decimal("118.00"),
    ),
    Range(
        "Safety",
        "PPE",
        ("Nitrile gloves", "Safety goggles", "Hearing protection", "Respirator FFP3", "Welding apron"),
        ("S", "M", "L", "XL"),
        "EA",
        50,
        Decimal("0.60"),
        Decimal("38.00"),
    ),
    Range(
        "Electrical",
        "ELC",
        ("Control cable", "Cable gland", "Proximity sensor", "Contactor 24 V", "Terminal block"),
        ("M12", "M16", "M20", "M25", "M32", "2.5 mm²", "4 mm²"),
        "EA",
        20,
        Decimal("0.70"),
        Decimal("96.00"),
    ),
)


SPEAK_EDIFACT = frozenset(
    {
        "Kugelwerk Schwaben AG",
        "Castellan Armaturen SpA",
        "Schleifhaus Lennep",
        "Polyplast Kraków Sp. z o.o.",
        "Brno Ložiska s.r.o.",
        "Marrow Pneumatics Ltd",
        "Shannon Lubricants DAC",
    }
)


def _supplier(
    number: str, name: str, tier: str, country: str, categories: str, buyer: str, edi_id: str
) -> DemoSupplier:
    standard = Standard.EDIFACT if name in SPEAK_EDIFACT else Standard.X12
    return DemoSupplier(number, name, tier, country, tuple(categories.split(", ")), buyer, edi_id, standard)


WESERLAND = DemoCompany(
    code="weserland",
    name="Weserland Industriebedarf",
    currency="EUR",
    time_zone="Europe/Berlin",
    country="DE",
    subdivision="HE",
    edi_id="4012345000009",
    opens="08:00",
    closes="17:00",
    warehouses=(("KAS", "Kassel"), ("BRE", "Bremen")),
    first_order=4500010001,
    orders=600,
    items=800,
    tax_percent=Decimal(19),
    # Finn, and somebody who has no account here.
    clerks=("FFISCHER", "DDREWES"),
    people=(
        DemoPerson("bea", "Bea", "Brandt", "PRO", "member", Decimal(2500), "BBRANDT"),
        DemoPerson("bruno", "Bruno", "Berger", "PRO", "member", Decimal(2500), "BBERGER"),
        DemoPerson("lena", "Lena", "Lorenz", "PRO", "member", Decimal(2500), "LLORENZ"),
        DemoPerson("paul", "Paul", "Petersen", "PRO", "lead", Decimal(25000), "PPETERSEN"),
        DemoPerson("mona", "Mona", "Martens", "PRO", "manager", Decimal(250000)),
        DemoPerson("pia", "Pia", "Pohl", "PLN", "lead", Decimal(25000)),
        DemoPerson("wade", "Wade", "Winter", "WHS", "member", Decimal(250)),
        DemoPerson("wilma", "Wilma", "Wagner", "WHS", "lead", Decimal(25000)),
        DemoPerson("cora", "Cora", "Conrad", "CSR", "member"),
        DemoPerson("finn", "Finn", "Fischer", "FIN", "member", Decimal(2500), "FFISCHER"),
        DemoPerson("fritz", "Fritz", "Falk", "FIN", "lead", Decimal(25000)),
        DemoPerson("sam", "Sam", "Seidel", "SUP", "member"),
        DemoPerson("ines", "Ines", "Iversen", "EDI", "lead"),
        DemoPerson("ivo", "Ivo", "Imhof", "FIN", "auditor"),
    ),
    suppliers=(
        _supplier("70001", "Nordmann Dichtungen GmbH", "A", "DE", "Seals", "BBRANDT", "4098765000013"),
        _supplier("70002", "Kugelwerk Schwaben AG", "A", "DE", "Bearings", "BBERGER", "4098765000020"),
        _supplier("70003", "Ferrum Fasteners BV", "A", "NL", "Fasteners", "BBRANDT", "8798765000034"),
        _supplier("70004", "Vantor Pneumatik GmbH", "A", "DE", "Pneumatics", "BBERGER", "4098765000044"),
        _supplier("70005", "Castellan Armaturen SpA", "B", "IT", "Valves", "BBRANDT", "8098765000058"),
        _supplier(
            "70006", "Delta Antriebstechnik KG", "B", "DE", "Power transmission", "BBERGER", "4098765000068"
        ),
        _supplier("70007", "Schleifhaus Lennep", "B", "DE", "Abrasives", "BBRANDT", "4098765000075"),
        _supplier("70008", "Oleon Schmierstoffe GmbH", "B", "DE", "Lubricants", "BBERGER", "4098765000082"),
        _supplier("70009", "Aegis Arbeitsschutz GmbH", "B", "AT", "Safety", "BBRANDT", "9098765000095"),
        _supplier(
            "70010", "Polyplast Kraków Sp. z o.o.", "B", "PL", "Seals, Electrical", "BBERGER", "5908765000107"
        ),
        _supplier("70011", "Helix Sensorik AG", "A", "CH", "Electrical", "BBRANDT", "7608765000114"),
        _supplier("70012", "Brno Ložiska s.r.o.", "C", "CZ", "Bearings", "BBERGER", "8598765000128"),
        _supplier("70013", "Tornado Druckluft GmbH", "C", "DE", "Pneumatics", "BBRANDT", "4098765000136"),
        _supplier("70014", "Schraubenkontor Hagen", "C", "DE", "Fasteners", "BBERGER", "4098765000143"),
        _supplier("70015", "Valvotec Iberia SA", "C", "ES", "Valves", "BBRANDT", ""),
        _supplier("70016", "Riemen & Ketten Nord", "C", "DE", "Power transmission", "BBERGER", ""),
        _supplier(
            "77", "Handelshaus Grote", "C", "DE", "Safety, Abrasives, Lubricants", "BBRANDT", "4098765000778"
        ),
    ),
    tour_item="Hydraulic seal kit 40 mm",
    shows_everything=True,
    creeping="70008",
    on_strike="70005",
)

TALBRIDGE = DemoCompany(
    code="talbridge",
    name="Talbridge Industrial Supplies Ltd",
    currency="GBP",
    time_zone="Europe/London",
    country="GB",
    subdivision="ENG",
    edi_id="5012345000006",
    opens="08:30",
    closes="17:30",
    warehouses=(("LEE", "Leeds"),),
    first_order=1000,
    orders=300,
    items=400,
    tax_percent=Decimal(20),
    clerks=("HHUGHES",),
    people=(
        DemoPerson("beth", "Beth", "Barlow", "PRO", "member", Decimal(2000), "BBARLOW"),
        DemoPerson("peter", "Peter", "Price", "PRO", "lead", Decimal(20000), "PPRICE"),
        DemoPerson("maud", "Maud", "Mercer", "PRO", "manager", Decimal(200000)),
        DemoPerson("poppy", "Poppy", "Parker", "PLN", "lead", Decimal(20000)),
        DemoPerson("will", "Will", "Walsh", "WHS", "member", Decimal(250)),
        DemoPerson("wendy", "Wendy", "Wood", "WHS", "lead", Decimal(20000)),
        DemoPerson("chloe", "Chloe", "Carter", "CSR", "member"),
        DemoPerson("fay", "Fay", "Foster", "FIN", "lead", Decimal(20000)),
        DemoPerson("seth", "Seth", "Shaw", "SUP", "member"),
        DemoPerson("ivan", "Ivan", "Irving", "EDI", "lead"),
        # The same person as in the other company: one who audits all of them sees what is about none, too.
        DemoPerson("ivo", "Ivo", "Imhof", "FIN", "auditor"),
    ),
    suppliers=(
        _supplier(
            "77",
            "Aire Valley Bearings Ltd",
            "A",
            "GB",
            "Bearings, Power transmission",
            "BBARLOW",
            "5098765000772",
        ),
        _supplier("201", "Pennine Seals & Gaskets", "A", "GB", "Seals", "BBARLOW", "5098765000017"),
        _supplier("202", "Calder Fastenings plc", "A", "GB", "Fasteners", "PPRICE", "5098765000024"),
        _supplier(
            "203", "Marrow Pneumatics Ltd", "B", "GB", "Pneumatics, Valves", "BBARLOW", "5098765000031"
        ),
        _supplier("204", "Holme Abrasives", "B", "GB", "Abrasives", "PPRICE", "5098765000048"),
        _supplier("205", "Shannon Lubricants DAC", "B", "IE", "Lubricants", "BBARLOW", "5398765000055"),
        _supplier("206", "Northgate Workwear", "C", "GB", "Safety", "PPRICE", "5098765000062"),
        _supplier("207", "Tyne Electrical Factors", "C", "GB", "Electrical", "BBARLOW", ""),
    ),
)

COMPANIES = (WESERLAND, TALBRIDGE)

CUSTOMERS = (
    ("Hartwig Maschinenbau", "A"),
    ("Lahn Presswerke", "A"),
    ("Möller Fördertechnik", "A"),
    ("Stadtwerke Marburg", "B"),
    ("Krüger Agrartechnik", "B"),
    ("Papierfabrik Eder", "B"),
    ("Ziegelei Homberg", "C"),
    ("Tischlerei Vogt", "C"),
    ("Brightwater Brewery", "A"),
    ("Otley Print Machinery", "B"),
    ("Dalesway Farm Services", "C"),
)

TEAM_NAMES = {
    "PRO": "Procurement",
    "PLN": "Planning",
    "WHS": "Warehouse",
    "FIN": "Finance",
    "CSR": "Customer service",
    "SUP": "Supplier management",
    "EDI": "Integration",
}
