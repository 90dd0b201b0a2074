"""Messages to suppliers as the API shows them: what one may ask about a case, and what was sent."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from exceptions_app.asking.draft import Draft
from exceptions_app.detection.inquiries import LABELS
from suppliers.messaging.addresses import LONGEST_BODY, LONGEST_SUBJECT, MOST_ADDRESSES
from suppliers.messaging.models import MessageState, SupplierMessage
from suppliers.profiles import Language


class AddressSerializer(serializers.Serializer):
    """An address a message may go to, and whose it is."""

    address = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]


class InquirySerializer(serializers.Serializer):
    """What the supplier of a case can be asked about, and what would be written if nothing is changed.

    `template_id` and `release` name the rule the words are from; null: the standard words.
    """

    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    language = serializers.ChoiceField(choices=Language.choices)
    addresses = AddressSerializer(many=True)
    recipients = serializers.ListField(child=serializers.CharField())
    subject = serializers.CharField()
    body = serializers.CharField()
    template_id = serializers.IntegerField(allow_null=True)
    release = serializers.IntegerField(allow_null=True)


class MessageSerializer(serializers.ModelSerializer):
    """A message to a supplier, word for word, and how far it has come."""

    state = serializers.ChoiceField(choices=MessageState.choices, read_only=True)
    supplier = serializers.CharField(source="supplier.number", read_only=True)
    recipients = serializers.ListField(child=serializers.CharField(), read_only=True)
    cc = serializers.ListField(child=serializers.CharField(), read_only=True)
    delivered = serializers.ListField(child=serializers.CharField(), read_only=True)
    refused = serializers.DictField(child=serializers.CharField(), read_only=True)
    cases = serializers.SerializerMethodField()
    reminds = serializers.UUIDField(source="reminds_id", allow_null=True, read_only=True)

    class Meta:
        model = SupplierMessage
        fields = [
            "id",
            "inquiry",
            "state",
            "supplier",
            "cases",
            "recipients",
            "cc",
            "subject",
            "body",
            "language",
            "asked_by",
            "created_at",
            "sent_at",
            "message_id",
            "delivered",
            "refused",
            "attempts",
            "last_error",
            "template_id",
            "release",
            "reminds",
        ]
        read_only_fields = fields

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_cases(self, message: SupplierMessage) -> list[str]:
        """The numbers of the cases it is about."""
        return [each.case_number for each in message.cases.all()]


class MessageWordsSerializer(serializers.Serializer):
    """What a message may say and to whom; what is left out is as the template has it.

    `recipients` and `cc` are addresses listed for the supplier, `cc` also one's own.
    """

    recipients = serializers.ListField(
        child=serializers.CharField(max_length=254), required=False, max_length=MOST_ADDRESSES
    )
    cc = serializers.ListField(
        child=serializers.CharField(max_length=254), required=False, max_length=MOST_ADDRESSES
    )
    subject = serializers.CharField(required=False, max_length=LONGEST_SUBJECT)
    body = serializers.CharField(required=False, max_length=LONGEST_BODY)
    language = serializers.ChoiceField(required=False, choices=Language.choices)


class WritingSerializer(MessageWordsSerializer):
    """What a message about a case may say; `cases` are more of the same supplier, which it is also about."""

    inquiry = serializers.CharField(required=False, max_length=32)
    cases = serializers.ListField(child=serializers.CharField(max_length=32), required=False, max_length=100)


def inquiry_of(written: Draft) -> dict[str, Any]:
    """Return a draft as the API shows it."""
    return {
        "code": written.inquiry.value,
        "label": LABELS[written.inquiry],
        "language": written.language.value,
        "addresses": written.addresses,
        "recipients": written.recipients,
        "subject": written.subject,
        "body": written.body,
        "template_id": written.wording.template_id,
        "release": written.wording.release,
    }
