"""What is ours about a supplier: what we expect of it, and whom we talk to."""

from django.db import models

from erp_connectors.documents.models import Supplier


class Language(models.TextChoices):
    """The languages we write to suppliers in."""

    ENGLISH = "en", "English"
    GERMAN = "de", "German"


GERMAN_SPEAKING = frozenset({"DE", "AT", "CH", "LI"})


class SupplierProfile(models.Model):
    """Our side of a supplier. A missing profile means the defaults below."""

    supplier = models.OneToOneField(Supplier, on_delete=models.CASCADE, related_name="profile")
    expects_confirmation = models.BooleanField(default=True)
    expects_ship_notice = models.BooleanField(default=True)
    expects_invoice = models.BooleanField(default=True)
    answers_total_quantity = models.BooleanField(
        default=True, help_text="Its answers name the total quantity of a line; else what is still open."
    )
    ship_to_delivery_days = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Business days from its ship date to delivery; empty: ship dates say nothing.",
    )
    calendar_code = models.SlugField(
        max_length=64, blank=True, help_text="Empty: the calendar of the company."
    )

    language = models.CharField(
        max_length=8,
        blank=True,
        choices=Language.choices,
        help_text="Of our mails to it; empty: by its country.",
    )

    def __str__(self) -> str:
        return str(self.supplier)


class Contact(models.Model):
    """A person at a supplier."""

    supplier = models.ForeignKey(Supplier, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=200)
    email = models.EmailField(blank=True)
    phone = models.CharField(max_length=50, blank=True)
    role = models.CharField(max_length=100, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


def language_of(supplier: Supplier) -> Language:
    """Return the language we write to a supplier in: its profile's, else by its country."""
    profile = SupplierProfile.objects.filter(supplier=supplier).first()
    if profile is not None and profile.language:
        return Language(profile.language)
    return Language.GERMAN if supplier.country.upper() in GERMAN_SPEAKING else Language.ENGLISH
