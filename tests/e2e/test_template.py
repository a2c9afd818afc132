"""What the local stack reads from the template, and what it makes of it."""

import copy
import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from sandbox.stack.packaging import package
from sandbox.stack.template import FUNCTION, LAYER, MIN_TIMEOUT, QUEUE, CodeUnit, Template, scaled

ROOT = Path(__file__).parents[2]

SMALL = """
Transform: AWS::Serverless-2016-10-31
Parameters:
  HoldSeconds: {Type: Number, Default: 900}
  DelaysSeconds: {Type: String, Default: "20,30,60"}
  DarajaTimeoutSeconds: {Type: Number, Default: 10}
  Origins: {Type: CommaDelimitedList, Default: "https://a.test,https://b.test"}
Globals:
  Function: {AutoPublishAlias: live}
Resources:
  Layer: {Type: "AWS::Serverless::LayerVersion", Properties: {ContentUri: layers/shop/}}
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      CorsConfiguration: {AllowOrigins: !Ref Origins, AllowMethods: [GET], MaxAge: 60}
  Slow: {Type: "AWS::SQS::Queue", Properties: {VisibilityTimeout: 180}}
  Quick: {Type: "AWS::SQS::Queue", Properties: {VisibilityTimeout: 6}}
  Odd: {Type: "AWS::CloudWatch::Alarm", Properties: {Metrics: [{Id: a}]}}
  Show:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/show/
      Handler: functions.show.app.lambda_handler
      DeploymentPreference: {Type: AllAtOnce, Alarms: [!Ref Odd]}
      Environment: {Variables: {URL: !Sub "https://${Api}.test", ARN: !GetAtt Slow.Arn, DAY: 2026-11-22}}
      Events:
        One: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: get, Path: "/things/{id}", TimeoutInMillis: 5000}}
        Any: {Type: HttpApi, Properties: {ApiId: !Ref Api, Method: any, Path: "/any/{rest+}"}}
        All: {Type: HttpApi}
        Queue: {Type: SQS, Properties: {Queue: !GetAtt Slow.Arn, ScalingConfig: {MaximumConcurrency: 10}}}
"""


@pytest.fixture
def template(tmp_path: Path) -> Template:
    path = tmp_path / "template.yaml"
    path.write_text(SMALL)
    return Template.read(path)


def test_the_short_tags_are_written_out(template: Template) -> None:
    variables = template.document["Resources"]["Show"]["Properties"]["Environment"]["Variables"]
    assert variables == {
        "URL": {"Fn::Sub": "https://${Api}.test"},
        "ARN": {"Fn::GetAtt": ["Slow", "Arn"]},
        "DAY": "2026-11-22",
    }


def test_routes_are_those_of_the_http_api_events(template: Template) -> None:
    assert [(route.key, route.function, route.timeout_ms, route.payload_format) for route in template.routes()] == [
        ("GET /things/{id}", "Show", 5000, "2.0"),
        ("ANY /any/{rest+}", "Show", 30_000, "2.0"),
        ("$default", "Show", 30_000, "2.0"),
    ]


def test_every_route_of_the_real_template_is_read() -> None:
    keys = {route.key for route in Template.read(ROOT / "template.yaml").routes()}
    assert {
        "GET /products",
        "GET /products/{slug}",
        "GET /categories",
        "GET /shipping-quotes",
        "POST /checkout",
        "POST /orders/{number}/payments",
        "GET /orders/{number}",
        "POST /hooks/stk/{token}",
        "POST /hooks/daraja/{token}/{kind}",
    } <= keys


def test_durations_are_divided_but_never_below_a_second(template: Template) -> None:
    assert template.parameters(30, {}) == {"HoldSeconds": "30", "DelaysSeconds": "1,1,2"}
    assert template.parameters(1, {"HoldSeconds": "7"}) == {"HoldSeconds": "7", "DelaysSeconds": "20,30,60"}
    assert scaled("900", 10_000) == "1"


def test_an_override_the_template_does_not_know_is_refused(template: Template) -> None:
    with pytest.raises(ValueError, match="no parameter Hold"):
        template.parameters(1, {"Hold": "7"})


def test_cors_is_read_with_its_parameters_filled_in(template: Template) -> None:
    default = {"AllowOrigins": ["https://a.test", "https://b.test"], "AllowMethods": ["GET"], "MaxAge": 60}
    assert template.cors({}) == default
    assert template.cors({"Origins": "http://here"}) == {**default, "AllowOrigins": ["http://here"]}


def test_the_local_copy_changes_only_what_this_machine_needs(template: Template) -> None:
    before = copy.deepcopy(template.document)
    local = Template(template.localised({"Show": ("b", "f.zip"), "Layer": ("b", "l.zip")}, speed=30))
    assert template.document == before
    functions = dict(local.resources(FUNCTION))
    assert functions["Show"]["CodeUri"] == {"Bucket": "b", "Key": "f.zip"}
    assert dict(local.resources(LAYER))["Layer"]["ContentUri"] == {"Bucket": "b", "Key": "l.zip"}
    assert functions["Show"]["Events"]["Queue"]["Properties"]["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert {name: queue["VisibilityTimeout"] for name, queue in local.resources(QUEUE)} == {"Slow": 30, "Quick": 6}
    assert "Odd" not in local.document["Resources"]
    assert functions["Show"]["Timeout"] == MIN_TIMEOUT
    assert "DeploymentPreference" not in functions["Show"]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for path, text in {
        "functions/__init__.py": "",
        "functions/show/app.py": "from shop import words\nlambda_handler = lambda event, context: words.HELLO\n",
        "functions/show/__pycache__/app.cpython-311.pyc": "old",
        "functions/other/app.py": "",
        "layers/shop/requirements.txt": "pydantic",
        "layers/shop/shop/__init__.py": "",
        "layers/shop/shop/words.py": "HELLO = 'hello'\n",
        "layers/shop/shop/zones.json": "[]",
    }.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path


def _sources(content: bytes) -> list[str]:
    return sorted(zipfile.ZipFile(io.BytesIO(content)).namelist())


def test_a_function_keeps_its_package_and_a_layer_goes_under_python(project: Path) -> None:
    function = package(project, CodeUnit("Show", FUNCTION, Path("functions/show/")))
    layer = package(project, CodeUnit("Layer", LAYER, Path("layers/shop/")))
    assert _sources(function.content) == ["functions/__init__.py", "functions/show/app.py"]
    assert _sources(layer.content) == ["python/shop/__init__.py", "python/shop/words.py", "python/shop/zones.json"]


def test_unpacked_zips_run_by_the_template_s_handler(project: Path, tmp_path: Path) -> None:
    for number, unit in enumerate(
        [CodeUnit("Show", FUNCTION, Path("functions/show")), CodeUnit("Layer", LAYER, Path("layers/shop"))]
    ):
        content = package(project, unit).content
        zipfile.ZipFile(io.BytesIO(content)).extractall(tmp_path / "out" / str(number))
    code = "import functions.show.app as app; print(app.lambda_handler({}, None))"
    paths = f"{tmp_path}/out/0:{tmp_path}/out/1/python"
    answer = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": paths}, capture_output=True, text=True, check=True
    )
    assert answer.stdout.strip() == "hello"


def test_the_key_follows_the_content(project: Path) -> None:
    unit = CodeUnit("Show", FUNCTION, Path("functions/show"))
    first = package(project, unit)
    assert package(project, unit) == first
    (project / "functions/show/app.py").write_text("lambda_handler = print\n")
    assert package(project, unit).key != first.key


def test_a_missing_folder_is_named(project: Path) -> None:
    with pytest.raises(FileNotFoundError, match="functions/none"):
        package(project, CodeUnit("None", FUNCTION, Path("functions/none")))
