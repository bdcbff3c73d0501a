#!/bin/sh
# Optional: Lighthouse over the pages a courier opens most, on a service that runs with demonstration data.
#   BASE=http://127.0.0.1:8000 SESSION=<value of the cookie sessionid of a courier> sh scripts/lighthouse.sh
# The session is that of a browser in which a courier signed in: developer tools, Application, Cookies. Every category
# must reach 95, or the status is 1. Run it on a quiet machine: one that is busy costs performance.
# Needs Node and Chromium; lighthouse comes through npm and is no part of the project. Reports: .cache/lighthouse/.
set -eu
cd "$(dirname "$0")/.."
BASE=${BASE:-http://127.0.0.1:8000}
SESSION=${SESSION:-}
VERSION=${LIGHTHOUSE_VERSION:-12}
INTO=.cache/lighthouse
CHROME_PATH=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome)}
export CHROME_PATH
command -v npx > /dev/null || { echo "lighthouse.sh: needs npx (Node 18 or later)" >&2; exit 2; }
mkdir -p "$INTO"
station=$(.venv/bin/python -c "import json, urllib.request as u; print(json.load(u.urlopen('$BASE/api/v1/stations/?limit=1'))['results'][0]['code'])")
for page in "home /" "stations /stations/" "station /stations/$station/" "code /code/"; do
  name=${page%% *} address=${page#* }
  npx --yes "lighthouse@$VERSION" "$BASE$address" --quiet --output json --output html --output-path "$INTO/$name" \
    --only-categories performance,accessibility,best-practices,seo --chrome-flags="--headless --no-sandbox" \
    ${SESSION:+--extra-headers "{\"Cookie\":\"sessionid=$SESSION\"}"}
done
.venv/bin/python - "$INTO" <<'PY'
import json, pathlib, sys
low = []
for path in sorted(pathlib.Path(sys.argv[1]).glob("*.report.json")):
    scores = {key: round(100 * (part["score"] or 0)) for key, part in json.loads(path.read_text())["categories"].items()}
    print(path.name.split(".")[0], *(f"{key} {score}" for key, score in scores.items()), sep="\t")
    low += [f"{path.name} {key}" for key, score in scores.items() if score < 95]
sys.exit("below 95: " + ", ".join(low) if low else 0)
PY
