"""The organisation: companies, their warehouses, and the connections to the outside."""

from django.db import models


class Company(models.Model):
    """A legal entity with its own currency, time zone and business calendar."""

    code = models.SlugField(max_length=32, unique=True)
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3, help_text="ISO 4217 code; limits and severities are in it.")
    time_zone = models.CharField(max_length=64, default="UTC")

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "companies"

    def __str__(self) -> str:
        return self.name


class Warehouse(models.Model):
    """A site that receives goods for one company."""

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="warehouses")
    code = models.CharField(max_length=32)
    name = models.CharField(max_length=200)

    class Meta:
        ordering = ["company", "code"]
        constraints = [models.UniqueConstraint(fields=["company", "code"], name="warehouse_code_per_company")]

    def __str__(self) -> str:
        return self.name


class ConnectionKind(models.TextChoices):
    """What stands at the other end."""

    FILE_DROP = "file_drop", "ERP by file"
    EDI = "edi", "EDI"


class Connection(models.Model):
    """One line to the outside of one company: an ERP, or an EDI mailbox.

    `settings` is read by the connector of `kind` (folders, header mapping, intervals).
    Orders released before `cut_over` open no cases: they belong to the time before Rightline.
    """

    company = models.ForeignKey(Company, on_delete=models.PROTECT, related_name="connections")
    code = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=32, choices=ConnectionKind.choices)
    settings = models.JSONField(default=dict, blank=True)
    cut_over = models.DateField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    time_zone = models.CharField(
        max_length=64, default="UTC", help_text="Of dates and times that state none."
    )

    class Meta:
        ordering = ["company", "name"]

    def __str__(self) -> str:
        return self.name
