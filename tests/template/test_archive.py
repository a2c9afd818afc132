"""The archive: who may write what into it, that nobody may take anything out, and that one function signs for it."""

from __future__ import annotations

from typing import Any

from tests.template.stack import ROOT, Stack, stack
from tests.template.test_permissions import EXPECTED

WRITERS = {
    "ArchiveEvents": "ArchiveBucket/events/*",
    "AnchorAudit": "ArchiveBucket/digests/*",
    "VerifyAudit": "ArchiveBucket/reports/*",
}


def bucket(shop: Stack) -> dict[str, Any]:
    return shop.of("AWS::S3::Bucket")["ArchiveBucket"]


def test_the_archive_outlives_its_stack(shop: Stack) -> None:
    for name in ("ArchiveBucket", "AuditKey"):
        resource = shop.template["Resources"][name]
        assert (resource["DeletionPolicy"], resource["UpdateReplacePolicy"]) == ("Retain", "Retain")
    assert bucket(shop)["VersioningConfiguration"] == {"Status": "Enabled"}
    assert "BucketName" not in bucket(shop), "CloudFormation's own names are nobody's to guess or to take before"
    assert "LifecycleConfiguration" not in bucket(shop)


def test_the_archive_is_nobodys_from_outside(shop: Stack) -> None:
    block = bucket(shop)["PublicAccessBlockConfiguration"]
    assert len(block) == 4
    assert all(block.values())
    assert bucket(shop)["BucketEncryption"]


def test_prod_locks_what_it_archives_and_dev_does_not() -> None:
    prod, dev = stack("prod"), stack("dev")
    assert prod.holds("LockArchive")
    assert not dev.holds("LockArchive")
    for shop in (prod, dev):
        assert bucket(shop)["ObjectLockEnabled"] == {"Fn::If": ["LockArchive", True, {"Ref": "AWS::NoValue"}]}
        condition, lock, otherwise = bucket(shop)["ObjectLockConfiguration"]["Fn::If"]
        assert (condition, otherwise) == ("LockArchive", {"Ref": "AWS::NoValue"})
        assert lock["Rule"]["DefaultRetention"] == {"Mode": "COMPLIANCE", "Days": {"Ref": "AuditLockDays"}}


def test_nobody_deletes_and_nobody_calls_without_tls(shop: Stack) -> None:
    (policy,) = shop.of("AWS::S3::BucketPolicy").values()
    tls, deletes = policy["PolicyDocument"]["Statement"]
    for statement in (tls, deletes):
        assert (statement["Effect"], statement["Principal"]) == ("Deny", "*")
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert tls["Action"] == "s3:*"
    assert {"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectRetention"} <= set(deletes["Action"])
    assert "Condition" not in deletes


def test_each_kind_of_object_has_one_writer(shop: Stack) -> None:
    for function in shop.functions:
        for resource, actions in shop.permissions(function).items():
            writes = {action for action in actions if action.startswith("s3:") and action not in READS}
            assert writes == ({"s3:PutObject"} if WRITERS.get(function) == resource else set())


READS = {"s3:GetObject", "s3:ListBucket"}


def test_one_function_signs(shop: Stack) -> None:
    signing = {
        function
        for function in shop.functions
        for resource, actions in shop.permissions(function).items()
        if "kms:Sign" in actions or (resource == "AuditKey" and not actions <= {"kms:Verify", "kms:Sign"})
    }
    assert signing == {"AnchorAudit"}


def test_the_account_itself_cannot_sign(shop: Stack) -> None:
    """Whoever may write roles could give one kms:Sign, if the key's own policy let the account as a whole."""
    key = shop.of("AWS::KMS::Key")["AuditKey"]
    assert (key["KeySpec"], key["KeyUsage"]) == ("ECC_NIST_P256", "SIGN_VERIFY")
    look_after, sign = key["KeyPolicy"]["Statement"]
    assert not {"kms:*", "kms:Sign", "kms:CreateGrant"} & set(look_after["Action"])
    assert sign["Action"] == "kms:Sign"
    role = {"Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/${AWS::StackName}-AnchorAuditRole-*"}
    assert sign["Condition"] == {"ArnLike": {"aws:PrincipalArn": role}}


def test_nobody_else_reads_the_events_table(shop: Stack) -> None:
    """What must not be read need not be hidden: the relay and the archive read the stream, two functions the table."""
    readers: dict[str, set[str]] = {}
    for function in shop.functions:
        for resource, actions in shop.permissions(function).items():
            if resource.split("/")[0] == "EventsTable" and actions != {"dynamodb:PutItem"}:
                readers.setdefault(function, set()).add(resource)
    stream = {"EventsTable/stream", "EventsTable/stream/*"}
    assert readers == {
        "RelayEvents": stream,
        "ArchiveEvents": stream,
        "VerifyAudit": {"EventsTable"},
        "ServeStaff": {"EventsTable"},
    }


def test_the_layer_carries_what_the_archive_speaks_to() -> None:
    makefile = (ROOT / "layers" / "commerce" / "Makefile").read_text(encoding="utf-8")
    (services,) = [line.split("=")[1].split() for line in makefile.splitlines() if line.startswith("SERVICES")]
    used = {action.split(":")[0] for rights in EXPECTED.values() for actions in rights.values() for action in actions}
    assert used - {"ses", "secretsmanager", "dynamodb", "sqs", "events"} <= set(services)
