"""The clocks of a case as the API shows them: each promise, and the segments it sums up."""

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from exceptions_app.cases.models import Clock


class ClockSegmentSerializer(serializers.Serializer):
    """One stretch of time in which a clock ran: its business minutes, once it ended, on a calendar."""

    round = serializers.IntegerField()
    calendar = serializers.CharField(source="calendar.code", default=None, allow_null=True)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    minutes = serializers.DecimalField(max_digits=12, decimal_places=4, allow_null=True)


class ClockSerializer(serializers.ModelSerializer):
    """One promise on the case, ours or the supplier's, in business minutes, with the segments it sums up.

    `used_minutes` are those of the segments of this round that ended; while it runs, `due_at` is when what is
    left will be used up. Who is told when follows `ladder`, as it was when the round began.
    """

    side = serializers.SerializerMethodField()
    calendar = serializers.CharField(source="calendar.code", read_only=True)
    release = serializers.IntegerField(source="release.number", read_only=True)
    ladder = serializers.DictField(read_only=True)
    segments = ClockSegmentSerializer(many=True, read_only=True)

    class Meta:
        model = Clock
        fields = [
            "kind",
            "side",
            "round",
            "calendar",
            "release",
            "row_id",
            "allowed_minutes",
            "used_minutes",
            "running_since",
            "due_at",
            "warned_at",
            "reminders",
            "breached_at",
            "level",
            "stopped_at",
            "ladder",
            "segments",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=["ours", "supplier"]))
    def get_side(self, clock: Clock) -> str:
        """Whose promise it is."""
        return "ours" if clock.is_ours else "supplier"
