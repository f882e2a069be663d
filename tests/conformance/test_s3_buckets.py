"""What we believe about S3's buckets."""

from botocore.handlers import validate_bucket_name

from tests.conformance.beliefs import belief
from tests.conformance.fixtures import Fixtures
from tests.conformance.observations import Observe
from tests.conformance.target import Target

NAMES = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html"
ERRORS = "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html"


@belief(NAMES)
def test_names_that_are_refused(aws: Target, observe: Observe) -> None:
    """A bucket's name has 3 to 63 lower-case letters, digits, dots and hyphens, and is no address."""
    s3 = aws.client("s3", "production")
    s3.meta.events.unregister("before-parameter-build.s3", validate_bucket_name)
    place = {"LocationConstraint": aws.region}
    for name in ("Bad-Name", "bad_name", "ab", "a" * 64, "-a-name", "a..name", "192.168.5.4"):
        found = aws.refusal("s3", "create_bucket", "production", Bucket=name, CreateBucketConfiguration=place)
        observe(name, found.code, documented="InvalidBucketName")


@belief(f"{ERRORS}#ErrorCodeList")
def test_a_name_of_ones_own(aws: Target, given: Fixtures, observe: Observe) -> None:
    """Outside us-east-1 a second bucket of one's own of one name is refused with BucketAlreadyOwnedByYou."""
    place = {"LocationConstraint": aws.region}
    found = aws.refusal("s3", "create_bucket", Bucket=given.bucket(), CreateBucketConfiguration=place)
    observe("code", found.code, documented="BucketAlreadyOwnedByYou")


@belief(f"{ERRORS}#ErrorCodeList")
def test_what_is_missing(aws: Target, given: Fixtures, observe: Observe) -> None:
    """Reading an object and listing a bucket that do not exist are refused with NoSuchKey and NoSuchBucket."""
    found = aws.refusal("s3", "get_object", Bucket=given.bucket(), Key="nothing")
    observe("object", found.code, documented="NoSuchKey")
    found = aws.refusal("s3", "list_objects_v2", Bucket=aws.name("no-bucket"))
    observe("bucket", found.code, documented="NoSuchBucket")


@belief(f"{ERRORS}#ErrorCodeList")
def test_a_bucket_with_objects_stays(aws: Target, given: Fixtures, observe: Observe) -> None:
    """A bucket that has objects is not deleted."""
    given.object()
    observe("code", aws.refusal("s3", "delete_bucket", Bucket=given.bucket()).code, documented="BucketNotEmpty")
