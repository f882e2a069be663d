"""Resources that many beliefs need: made when first asked for, tagged, removed at the end of the run."""

import io
import json
import tarfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from tests.conformance.ecr_image import DOCKER, push_image
from tests.conformance.target import Target

SAGEMAKER = "sagemaker.amazonaws.com"
RIGHTS = ("s3:GetObject", "s3:ListBucket", "ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:DescribeImages")
MADE = "a bucket, four roles, an image, a model, a model package group, a pipeline and a job definition"


def statement(effect: str, principal: dict[str, Any], action: str | Iterable[str], **more: Any) -> dict[str, Any]:
    """One statement of a policy of a resource."""
    actions = action if isinstance(action, str) else list(action)
    return {"Effect": effect, "Principal": principal, "Action": actions, **more}


def policy(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust_of(service: str) -> str:
    """The trust policy of a role for one service."""
    return policy(statement("Allow", {"Service": service}, "sts:AssumeRole"))


@dataclass
class Fixtures:
    """Resources that many beliefs need."""

    target: Target
    _made: dict[str, str] = field(default_factory=dict)

    def bucket(self, environment: str = "dev") -> str:
        """The name of a bucket."""
        return self._once(f"bucket-{environment}", lambda: self._make_bucket(environment))

    def object(self, key: str = "data/a.csv", body: bytes = b"1") -> str:
        """The URI of an object in dev's bucket."""
        return self._once(f"object-{key}", lambda: self._put(key, body))

    def model_data(self) -> str:
        """The URI of a model's archive."""
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
            archive.addfile(tarfile.TarInfo("model.txt"))
        return self.object("models/model.tar.gz", buffer.getvalue())

    def role(self, environment: str = "dev", service: str = SAGEMAKER) -> str:
        """The ARN of a role that a service may assume and that may do nothing else."""
        name = f"{environment}-{service.split('.')[0]}"
        return self._once(f"role-{name}", lambda: self.make_role(name, trust_of(service), environment))

    def reading_role(self) -> str:
        """The ARN of a role that SageMaker may assume, and that reads buckets and images."""
        return self._once("reading-role", self._make_reading_role)

    def image(self, media_type: str = DOCKER) -> str:
        """The address of an image in dev's ECR, pushed with a manifest of a type."""
        repository = self._once("repository", lambda: self.make_repository("images"))
        tag = "docker" if media_type == DOCKER else "oci"
        return self._once(f"image-{tag}", lambda: push_image(self.target, repository, tag, media_type))

    def group(self, environment: str = "dev") -> str:
        """The name of an empty model package group."""
        return self._once(f"group-{environment}", lambda: self.make_group("group", environment))

    def versions(self) -> str:
        """The name of a model package group for beliefs that register versions."""
        return self._once("versions", lambda: self.make_group("versions"))

    def model(self) -> str:
        """The name of a model."""
        return self._once("model", lambda: self.make_model("model"))

    def pipeline(self) -> str:
        """The name of a pipeline that has no steps."""
        return self._once("pipeline", self._make_pipeline)

    def make_role(self, what: str, trust: str, environment: str = "dev") -> str:
        """Make a role of one belief's own; returns its ARN."""
        iam, name = self.target.client("iam", environment), self.target.name(what)
        answer = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=self.target.tags)
        self.target.undo(f"role {name}", lambda: _delete_role(iam, name))
        self.target.settle()
        arn: str = answer["Role"]["Arn"]
        return arn

    def make_group(self, what: str, environment: str = "dev", **members: Any) -> str:
        """Make a model package group of one belief's own; returns its name."""
        sagemaker, name = self.target.client("sagemaker", environment), self.target.name(what)
        tags = [*self.target.tags, *members.pop("Tags", [])]
        sagemaker.create_model_package_group(ModelPackageGroupName=name, Tags=tags, **members)
        self.target.undo(f"group {name}", lambda: _delete_group(sagemaker, name))
        return name

    def make_model(self, what: str, **members: Any) -> str:
        """Make a model of one belief's own; returns its name."""
        sagemaker, name = self.target.client("sagemaker"), self.target.name(what)
        container = {"Image": self.image(), "ModelDataUrl": self.model_data()}
        tags = [*self.target.tags, *members.pop("Tags", [])]
        given = {"ExecutionRoleArn": self.reading_role(), "PrimaryContainer": container, **members}
        sagemaker.create_model(ModelName=name, Tags=tags, **given)
        self.target.undo(f"model {name}", lambda: sagemaker.delete_model(ModelName=name))
        return name

    def make_repository(self, what: str) -> str:
        """Make a repository of images; returns its name."""
        ecr, name = self.target.client("ecr"), self.target.name(what)
        ecr.create_repository(repositoryName=name, tags=self.target.tags)
        self.target.undo(f"repository {name}", lambda: ecr.delete_repository(repositoryName=name, force=True))
        return name

    def _make_bucket(self, environment: str) -> str:
        s3, name = self.target.client("s3", environment), self.target.name(f"{environment}-bucket")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": self.target.region})
        self.target.undo(f"bucket {name}", lambda: _empty_and_delete(s3, name))
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": self.target.tags})
        return name

    def _put(self, key: str, body: bytes) -> str:
        self.target.client("s3").put_object(Bucket=self.bucket(), Key=key, Body=body)
        return f"s3://{self.bucket()}/{key}"

    def _make_reading_role(self) -> str:
        arn = self.make_role("reading", trust_of(SAGEMAKER))
        document = policy({"Effect": "Allow", "Action": list(RIGHTS), "Resource": "*"})
        iam, name = self.target.client("iam"), arn.rsplit("/")[-1]
        iam.put_role_policy(RoleName=name, PolicyName="reads", PolicyDocument=document)
        self.target.settle()
        return arn

    def _make_pipeline(self) -> str:
        sagemaker, name = self.target.client("sagemaker"), self.target.name("pipeline")
        sagemaker.create_pipeline(
            PipelineName=name,
            PipelineDefinition='{"Version": "2020-12-01", "Steps": []}',
            RoleArn=self.role(),
            ClientRequestToken="0" * 32,
            Tags=self.target.tags,
        )
        token = {"ClientRequestToken": "1" * 32}
        self.target.undo(f"pipeline {name}", lambda: sagemaker.delete_pipeline(PipelineName=name, **token))
        return name

    def _once(self, key: str, make: Callable[[], str]) -> str:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]


def _delete_role(iam: Any, name: str) -> None:
    for inline in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=inline)
    iam.delete_role(RoleName=name)


def _delete_group(sagemaker: Any, name: str) -> None:
    """Delete a group and its versions."""
    pages = list(sagemaker.get_paginator("list_model_packages").paginate(ModelPackageGroupName=name))
    for version in [one for page in pages for one in page["ModelPackageSummaryList"]]:
        sagemaker.delete_model_package(ModelPackageName=version["ModelPackageArn"])
    sagemaker.delete_model_package_group(ModelPackageGroupName=name)


def _empty_and_delete(s3: Any, name: str) -> None:
    with suppress(s3.exceptions.NoSuchBucket):
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
            for entry in [*page.get("Versions", []), *page.get("DeleteMarkers", [])]:
                s3.delete_object(Bucket=name, Key=entry["Key"], VersionId=entry["VersionId"])
        s3.delete_bucket(Bucket=name)
