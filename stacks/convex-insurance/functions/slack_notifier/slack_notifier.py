"""Passes on to Slack what the topic tells: failures of tasks and of loads, as Snowflake reports them."""

import json
import os
import urllib.request

import boto3

LINES = {  # field of Snowflake's message → how people read it
    "accountName": "account",
    "taskName": "task",
    "pipeName": "pipe",
    "messageType": "what",
    "timestamp": "when",
}
MOST_CHARACTERS = 3000  # of one block of Slack's
_secrets = boto3.client("secretsmanager")
_webhook = None  # read once for each container


def webhook():
    """The URL to post to. The secret holds it bare, or as {"url": …}."""
    global _webhook
    if _webhook is None:
        text = _secrets.get_secret_value(SecretId=os.environ["WEBHOOK_SECRET_ARN"])["SecretString"].strip()
        _webhook = json.loads(text)["url"] if text.startswith("{") else text
    return _webhook


def said(message):
    """The message of a record as text for people."""
    try:
        body = json.loads(message)
    except ValueError:
        return message[:MOST_CHARACTERS]
    if not isinstance(body, dict):
        return message[:MOST_CHARACTERS]
    lines = [f"*{word}:* {body[field]}" for field, word in LINES.items() if body.get(field)]
    for item in body.get("messages") or []:
        where = item.get("fileName") or item.get("runId") or item.get("queryId")
        error = item.get("firstError") or item.get("errorMessage") or json.dumps(item)
        lines.append(f"• {where}: {error}" if where else f"• {error}")
    return ("\n".join(lines) or message)[:MOST_CHARACTERS]


def post(text):
    request = urllib.request.Request(
        webhook(),
        data=json.dumps({"text": text}).encode(),
        headers={"Content-Type": "application/json"},
    )
    # What Slack refuses raises, so that Lambda tries again.
    with urllib.request.urlopen(request, timeout=5):
        pass


def handler(event, context):
    for record in event["Records"]:
        notice = record["Sns"]
        title = notice.get("Subject") or "Convex insurance: something failed"
        post(f"{title}\n{said(notice['Message'])}")
    return len(event["Records"])
