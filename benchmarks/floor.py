"""The floor: what any program pays that reads the worksheet once, with requests and json.loads.

``python benchmarks/floor.py URL TOKEN`` reads once per line on standard input and answers each
with one line of JSON: CPU seconds of get and loads, and of the whole process so far.
"""

from __future__ import annotations

import json
import sys
import time

import requests


def main(url: str, token: str) -> None:
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {token}"
    for _ in sys.stdin:
        before = time.process_time()
        response = session.get(url, timeout=90)
        response.raise_for_status()
        values = json.loads(response.content)["values"]
        after = time.process_time()
        told = {
            "cpu": after - before,
            "cpu_since_start": after,
            "rows": len(values),
            "mib": len(response.content) / 2**20,
        }
        print(json.dumps(told), flush=True)
        del response, values


if __name__ == "__main__":
    main(*sys.argv[1:])
