"""What `quantos secrets` says: key → (English, Chinese)."""

from __future__ import annotations

from typing import Final

SECRETS: Final[dict[str, tuple[str, str]]] = {
    "secrets.rotated.operator-token": (
        "The operator's token is another now; print it with: quantos operator token",
        "管理员令牌已更换；用 quantos operator token 显示新令牌",
    ),
    "secrets.rotated.jwt-key": (
        "Access and refresh tokens given out before are refused from now on; API keys go on working.",
        "此前发出的访问令牌与刷新令牌即刻失效；API 密钥不受影响。",
    ),
    "secrets.rotated.idempotency": (
        "Answers to Idempotency-Keys used before are forgotten: such a request would be done again.",
        "此前 Idempotency-Key 的答复已作废：再次发送的请求会重新执行。",
    ),
}

SECRETS_HELP: Final[dict[str, str]] = {
    "The generated secrets of the data directory.": "数据目录中自动生成的密钥。",
    "operator-token, jwt-key or idempotency.": "operator-token、jwt-key 或 idempotency。",
    "Replace a secret by another, at once: operator-token, jwt-key or idempotency.": "立即更换一个密钥：operator-token、jwt-key 或 idempotency。",
}
