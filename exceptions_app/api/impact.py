"""The impact of a case over the API: the expected loss with every term, input, source and age."""

from typing import Any

from rest_framework import serializers

from exceptions_app.expected_loss import Source


class ImpactInputSerializer(serializers.Serializer):
    """One figure a term is computed from. `estimated`: a policy stands in for what nobody told.

    A value in the unit `share` is a part of one; null: not known. `about` is the customer order it is of,
    `detail` the release of a policy.
    """

    code = serializers.CharField()
    value = serializers.CharField(allow_null=True)
    unit = serializers.CharField(allow_blank=True)
    about = serializers.CharField(allow_blank=True)
    detail = serializers.CharField(allow_blank=True)
    as_of = serializers.DateTimeField(allow_null=True)
    estimated = serializers.BooleanField()

    def get_fields(self) -> dict[str, Any]:
        """Add what is called like an attribute of every field."""
        return super().get_fields() | {
            "source": serializers.ChoiceField(choices=[source.value for source in Source])
        }


class ImpactTermSerializer(serializers.Serializer):
    """One term of the expected loss; `line` is empty where it is of the case as a whole."""

    code = serializers.CharField()
    amount = serializers.CharField()
    line = serializers.CharField(allow_blank=True)
    estimated = serializers.BooleanField()
    inputs = ImpactInputSerializer(many=True)


class ImpactOrderSerializer(serializers.Serializer):
    """A customer order that is left uncovered, in the unit of the goods."""

    order = serializers.CharField()
    line = serializers.CharField(allow_blank=True)
    customer = serializers.CharField(allow_blank=True)
    due_on = serializers.DateField()
    quantity = serializers.CharField()
    short = serializers.CharField()

    def get_fields(self) -> dict[str, Any]:
        """Add the class of the customer, whose name is a word of Python."""
        return super().get_fields() | {"class": serializers.CharField(allow_blank=True)}


class ImpactGoodsSerializer(serializers.Serializer):
    """What is missing on one line, how likely stock runs out until it is here, and how much is then short."""

    line = serializers.CharField(allow_blank=True)
    item = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    warehouse = serializers.CharField(allow_blank=True)
    unit = serializers.CharField()
    missing = serializers.CharField()
    wanted_on = serializers.DateField()
    back_on = serializers.DateField()
    stockout = serializers.CharField(help_text="A part of one.")
    expected_short = serializers.CharField()
    revenue_at_risk = ImpactInputSerializer()
    inputs = ImpactInputSerializer(many=True)
    orders = ImpactOrderSerializer(many=True)


class ImpactSerializer(serializers.Serializer):
    """The expected loss: the sum of its terms times the criticality, rounded once."""

    expected_loss = serializers.CharField()
    currency = serializers.CharField()
    estimated = serializers.BooleanField()
    revenue_at_risk = serializers.CharField(help_text="Shown, not added.")
    criticality = ImpactInputSerializer()
    terms = ImpactTermSerializer(many=True)
    goods = ImpactGoodsSerializer(many=True)
