"""Makes the calls that its second argument lists as JSON, one after another, as backends in Python do: with
urllib.request or, where the first argument says so, http.client. Prints the answers as JSON."""
import http.client
import json
import sys
import urllib.error
import urllib.parse
import urllib.request


def by_urllib(call):
    body = call["body"].encode() or None
    request = urllib.request.Request(call["url"], data=body, headers=call["headers"], method=call["method"])
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


connections = {}


def by_client(call):
    url = urllib.parse.urlsplit(call["url"])
    if url.netloc not in connections:
        connections[url.netloc] = http.client.HTTPConnection(url.netloc)
    connection = connections[url.netloc]
    path = url.path + ("?" + url.query if url.query else "")
    connection.request(call["method"], path, call["body"].encode() or None, call["headers"])
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read().decode()


way = by_client if sys.argv[1] == "http.client" else by_urllib
answers = []
for one in json.loads(sys.argv[2]):
    status, headers, text = way(one)
    answers.append({"status": status, "headers": {k.lower(): v for k, v in headers.items()}, "body": text})
print(json.dumps(answers))
