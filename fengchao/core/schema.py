"""The API's description (OpenAPI): what every endpoint has in common, said once."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter

PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "稳定的英文代码，供程序判断"},
        "detail": {"type": "string", "description": "给人看的一句中文"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {
                    "field": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}
MEANINGS = {
    "400": "内容有误",
    "401": "需要登录",
    "403": "没有权限",
    "404": "没有找到，或不在权限范围内",
    "409": "规则不允许，原因见 code",
    "413": "内容太大",
    "415": "不支持的格式",
    "422": "幂等键已用于另一个请求",
    "429": "太频繁，见 Retry-After",
    "503": "暂时无法服务，见 Retry-After",
}


class Schema(AutoSchema):
    """Adds to each operation its problem documents and, where the view says `idempotent = "required"` or
    "honoured", the Idempotency-Key header. A view may say it per action: `{"create": "required"}`."""

    def get_override_parameters(self) -> list[Any]:
        parameters = list(super().get_override_parameters())
        if self.idempotent is not None:
            parameters.append(
                OpenApiParameter(
                    "Idempotency-Key",
                    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
                    OpenApiParameter.HEADER,
                    required=self.idempotent == "required",
                    description="1 到 255 个可见 ASCII 字符；同一个键重复提交只生效一次",
                )
            )
        return parameters

    def get_operation(self, *arguments: Any, **options: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*arguments, **options)
        if operation is None:
            return None
        content = {"application/problem+json": {"schema": PROBLEM}}
        for code in self._refusals(operation):
            operation["responses"].setdefault(code, {"description": MEANINGS[code], "content": content})
        operation["responses"] = dict(sorted(operation["responses"].items()))
        return operation

    @property
    def idempotent(self) -> str | None:
        said = getattr(self.view, "idempotent", None)
        if isinstance(said, dict):
            said = said.get(getattr(self.view, "action", None))
        return said if self.method == "POST" else None

    def _refusals(self, operation: dict[str, Any]) -> list[str]:
        codes = ["400", "503"]
        if operation.get("security") != [{}]:
            codes += ["401", "403"]
        if "{" in self.path:
            codes.append("404")
        if self.method != "GET":
            codes += ["409", "413", "415", "429"]
        if self.idempotent is not None:
            codes.append("422")
        return codes
