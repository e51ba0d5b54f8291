#!/usr/bin/env python3
"""Runs on a customer's server: asks Open-Meteo for each place, and uploads one file for each answer.

    collect.py CUSTOMER BUCKET PLACES.json FOLDER

PLACES.json: { "Helsinki": [60.1695, 24.9354], … }. FOLDER keeps what could not be sent yet; the next
run sends it. The key to upload with comes from the customer's secret into the key store of this
machine: let the profile's credential_process read it there, and it is in no file.
"""

import json
import pathlib
import sys
import time
import urllib.parse
import urllib.request

import boto3

API = "https://api.open-meteo.com/v1/forecast"


def fetch(latitude, longitude):
    query = urllib.parse.urlencode(
        {"latitude": latitude, "longitude": longitude, "current_weather": "true"}
    )
    with urllib.request.urlopen(f"{API}?{query}", timeout=20) as answer:
        return answer.read()


def file_name(customer, place, seconds):
    return f"{seconds:.6f}".replace(".", "-") + f"_{customer}_{place}.json"


def collect(customer, places, folder):
    for place, (latitude, longitude) in places.items():
        try:
            reading = fetch(latitude, longitude)
        except OSError as error:
            print(f"{place}: {error}", file=sys.stderr)
            continue
        (folder / file_name(customer, place, time.time())).write_bytes(reading)


def send(customer, bucket, folder):
    """Sends what is in the folder, the oldest first; what cannot be sent stays."""
    s3 = boto3.client("s3")
    for file in sorted(folder.glob(f"*_{customer}_*.json")):
        s3.upload_file(str(file), bucket, f"incoming/{customer}/{file.name}")
        file.unlink()


def main(customer, bucket, places, folder):
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    collect(customer, json.loads(pathlib.Path(places).read_text()), folder)
    send(customer, bucket, folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
