"""`python -m fengchao.embedded start|stop|status`."""

import os
import sys
from pathlib import Path

from fengchao.embedded import Place, ServerFailed, ensure, is_running, stop


def main(arguments: list[str]) -> int:
    """`start`, `stop` or `status` for the server in DATA_DIR; `status` exits 3 when it is down, as init scripts do."""
    data_dir = os.environ.get("DATA_DIR") or Path(__file__).resolve().parents[2] / ".data"
    match arguments:
        case ["start"]:
            print("内置数据库已启动。" if ensure(data_dir) else "内置数据库已在运行。")
        case ["stop"]:
            print("内置数据库已停止。" if stop(data_dir) else "内置数据库没有运行。")
        case ["status"] if is_running(data_dir):
            print(f"运行中：{Place.of(data_dir).socket_dir}")
        case ["status"]:
            print("没有运行。")
            return 3
        case _:
            print("用法：python -m fengchao.embedded start|stop|status", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except ServerFailed as failure:
        sys.exit(str(failure))
