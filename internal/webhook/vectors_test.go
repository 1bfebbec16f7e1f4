package webhook_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"flag"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/patchbay-dev/patchbay/internal/event"
	"github.com/patchbay-dev/patchbay/internal/secret"
	"github.com/patchbay-dev/patchbay/internal/webhook"
)

// vectorsFile is what the libraries for receivers are tested with, in every language.
const vectorsFile = "../../sdk/vectors/webhooks.json"

var update = flag.Bool("update", false, "write "+vectorsFile+" anew")

// vector is one request as a receiver gets it, and what a library says of it.
type vector struct {
	Name       string            `json:"name"`
	Secrets    []string          `json:"secrets"`
	Now        int64             `json:"now"`                   // epoch seconds on the receiver's clock
	Tolerance  int               `json:"tolerance,omitempty"`   // seconds; absent = the library's own, 300
	Headers    map[string]string `json:"headers"`               // names in any case
	Body       string            `json:"body"`                  // as text
	BodyBase64 string            `json:"body_base64,omitempty"` // instead of body, where it is no text
	Error      string            `json:"error,omitempty"`       // the code; absent = verified
	Event      *heard            `json:"event,omitempty"`
}

// heard is what a library makes of a request that it verified.
type heard struct {
	ID             string `json:"id"`
	Type           string `json:"type"`
	SentAt         int64  `json:"sent_at"` // epoch seconds, of this attempt
	CreatedAt      string `json:"created_at,omitempty"`
	Environment    string `json:"environment,omitempty"`
	ExternalUserID string `json:"external_user_id,omitempty"`
	Data           string `json:"data,omitempty"` // what is in an envelope, as text; absent = there is none
}

const (
	keyA = secret.Text("5f0c6ee4a1c4cf1e0a1d7bb3e7a0c1de9b6f0a3b8c7d6e5f4a3b2c1d0e9f8a7b")
	keyB = secret.Text("0b9a8c7d6e5f4a3b2c1d0e9f8a7b6c5d4e3f2a1b0c9d8e7f6a5b4c3d2e1f0a9b")

	sentAt  = int64(1_767_225_600) // 2026-01-01T00:00:00Z
	eventID = "evt_06f2p0zr5xv5r8m1d3k9q7t2ac"

	connected = `{"account":{"id":"apn_06f2p0zr5xv5r8m1d3k9q7t2ad"},"created_at":"2026-01-01T00:00:00.000Z","environment":"development",` +
		`"event":"CONNECTION_SUCCESS","event_id":"` + eventID + `","external_user_id":"user-1"}`
	emitted = `{"n":1}`
)

// signed is a request that was signed at the usual time; with no keys it has no signatures.
func signed(name, body string, keys ...secret.Text) vector {
	at := time.Unix(sentAt, 0)
	v := vector{Name: name, Secrets: []string{string(keyA)}, Now: sentAt + 2, Body: body, Headers: map[string]string{
		"webhook-id": eventID, "webhook-timestamp": strconv.FormatInt(sentAt, 10), "x-pd-timestamp": at.UTC().Format(time.RFC3339), "content-type": "application/json",
	}}
	if len(keys) > 0 {
		v.Headers["webhook-signature"], v.Headers["x-pd-signature"] = webhook.StandardSignature(keys, eventID, at, body), webhook.Signature(keys, at, body)
	}
	if !utf8.ValidString(body) {
		v.Body, v.BodyBase64 = "", base64.StdEncoding.EncodeToString([]byte(body))
	}
	return v
}

func (v vector) with(secrets ...string) vector   { v.Secrets = append([]string{}, secrets...); return v }
func (v vector) at(now int64) vector             { v.Now = now; return v }
func (v vector) within(seconds int) vector       { v.Tolerance = seconds; return v }
func (v vector) refused(code string) vector      { v.Error = code; return v }
func (v vector) instead(body string) vector      { v.Body = body; return v }
func (v vector) set(header, value string) vector { v.Headers[header] = value; return v }

func (v vector) without(headers ...string) vector {
	for _, h := range headers {
		delete(v.Headers, h)
	}
	return v
}

// standard and pd leave one of the two signatures.
func (v vector) standard() vector { return v.without("x-pd-signature") }
func (v vector) pd() vector       { return v.without("webhook-signature") }

func (v vector) connected() vector {
	v.Event = &heard{eventID, "CONNECTION_SUCCESS", sentAt, "2026-01-01T00:00:00.000Z", "development", "user-1", ""}
	return v
}

// enveloped puts a body into the envelope that an endpoint may ask for.
func enveloped(eventType, body string) string {
	e := event.Event{ID: eventID, Type: eventType, SubjectID: "hi_1", ExternalUserID: "user-1", Body: body, CreatedAt: time.Unix(sentAt, 0)}
	return must(webhook.Envelope(&e, "development", "data", body))
}

func must(s string, err error) string {
	if err != nil {
		panic(err)
	}
	return s
}

func (v vector) unwrapped(eventType, data string) vector {
	v.Event = &heard{eventID, eventType, sentAt, "2026-01-01T00:00:00.000Z", "development", "user-1", data}
	return v
}

func (v vector) emitted() vector {
	v.Event = &heard{ID: eventID, Type: "trigger.emitted", SentAt: sentAt}
	return v
}

func vectors() []vector {
	whsec := string(webhook.StandardSecret(keyA))
	a, b := string(keyA), string(keyB)
	out := []vector{
		signed("both signatures, one key", connected, keyA).connected(),
		signed("webhook-signature alone", connected, keyA).standard().connected(),
		signed("x-pd-signature alone", connected, keyA).pd().connected(),
		signed("webhook-signature with a whsec_ secret", connected, keyA).standard().with(whsec).connected(),
		signed("x-pd-signature with a whsec_ secret", connected, keyA).pd().with(whsec).connected(),
		signed("names of headers in another case", emitted, keyA).without("webhook-id").set("Webhook-Id", eventID).emitted(),

		signed("rotation: two keys sign, the receiver has the old one", emitted, keyB, keyA).emitted(),
		signed("rotation: two keys sign, the receiver has the new one", emitted, keyB, keyA).with(b).emitted(),
		signed("rotation: one key signs, the receiver has both", emitted, keyB).with(a, b).emitted(),
		signed("rotation, x-pd-signature: two keys sign, the receiver has the old one", emitted, keyB, keyA).pd().emitted(),
		signed("rotation, x-pd-signature: one key signs, the receiver has both", emitted, keyB).pd().with(a, b).emitted(),
		signed("neither of two secrets", emitted, keyB).with(a, a+"0").refused("wrong_signature"),

		signed("as late as may be", emitted, keyA).at(sentAt + 300).emitted(),
		signed("as early as may be", emitted, keyA).at(sentAt - 300).emitted(),
		signed("late", emitted, keyA).at(sentAt + 301).refused("too_old"),
		signed("late, x-pd-signature", emitted, keyA).pd().at(sentAt + 301).refused("too_old"),
		signed("from the future", emitted, keyA).at(sentAt - 301).refused("too_new"),
		signed("from the future, x-pd-signature", emitted, keyA).pd().at(sentAt - 301).refused("too_new"),
		signed("late for a tolerance of its own", emitted, keyA).within(10).at(sentAt + 11).refused("too_old"),
		signed("late, and taken by a tolerance of its own", emitted, keyA).within(3600).at(sentAt + 3600).emitted(),

		signed("another body", emitted, keyA).instead(`{"n":2}`).refused("wrong_signature"),
		signed("another body, x-pd-signature", emitted, keyA).pd().instead(`{"n":2}`).refused("wrong_signature"),
		signed("the same JSON, written in another way", emitted, keyA).instead(`{"n": 1}`).refused("wrong_signature"),
		signed("another id", emitted, keyA).set("webhook-id", eventID+"x").refused("wrong_signature"),
		signed("another time", emitted, keyA).set("webhook-timestamp", strconv.FormatInt(sentAt+1, 10)).refused("wrong_signature"),
		signed("another time, x-pd-signature", emitted, keyA).pd().set("x-pd-signature", strings.Replace(webhook.Signature([]secret.Text{keyA}, time.Unix(sentAt, 0), emitted), "t=17", "t=0017", 1)).refused("wrong_signature"),
		signed("another key", emitted, keyB).refused("wrong_signature"),
		signed("another key, x-pd-signature", emitted, keyB).pd().refused("wrong_signature"),
		signed("a webhook-signature that is wrong beside an x-pd-signature that is right", emitted, keyA).
			set("webhook-signature", webhook.StandardSignature([]secret.Text{keyB}, eventID, time.Unix(sentAt, 0), emitted)).refused("wrong_signature"),

		signed("text of all the world", `{"text":"Grüße, 世界 🌍 \u2028 `+"\u2028"+`"}`, keyA).emitted(),
		signed("text of all the world, x-pd-signature", `{"text":"Grüße, 世界 🌍"}`, keyA).pd().emitted(),
		signed("white space around the JSON is signed, too", " "+emitted+"\n", keyA).emitted(),
		signed("a list", `[1,2]`, keyA).emitted(),
		signed("a lone text", `"CONNECTION_SUCCESS"`, keyA).emitted(),
		signed("null", `null`, keyA).emitted(),
		signed("what a trigger emitted pretends to be another event", strings.ReplaceAll(connected, eventID, "evt_06f2p0zr5xv5r8m1d3k9q7t2zz"), keyA).emitted(),
		signed("what a trigger emitted has a field event", `{"event":"CONNECTION_SUCCESS"}`, keyA).emitted(),
		signed("enveloped, of a trigger", enveloped("trigger.emitted", `{"n": 1}`), keyA).unwrapped("trigger.emitted", `{"n": 1}`),
		signed("enveloped, of a connection", enveloped("CONNECTION_SUCCESS", connected), keyA).unwrapped("CONNECTION_SUCCESS", connected),
		signed("enveloped, and the data is null", enveloped("trigger.emitted", `null`), keyA).pd().unwrapped("trigger.emitted", `null`),
		signed("what a trigger emitted pretends to be enveloped", strings.ReplaceAll(enveloped("ACCOUNT_DEAD", `{}`), eventID, "evt_06f2p0zr5xv5r8m1d3k9q7t2zz"), keyA).emitted(),
		signed("no body", "", keyA).refused("malformed_body"),
		signed("a body that is not JSON", "n=1", keyA).refused("malformed_body"),
		signed("a number that is none in JSON", `{"n":NaN}`, keyA).refused("malformed_body"),
		signed("a body that is not UTF-8", "{\"n\":\"\xff\"}", keyA).refused("malformed_body"),
		signed("a body with a byte order mark", "\ufeff"+emitted, keyA).refused("malformed_body"),
		signed("no body, and another key", "", keyB).refused("wrong_signature"),

		signed("no signature", emitted).refused("no_signature"),
		signed("signatures of a kind that is not known", emitted).set("webhook-signature", "v1a,AAAA v2,AAAA").refused("malformed_header"),
		signed("no webhook-id", emitted, keyA).without("webhook-id").refused("malformed_header"),
		signed("no webhook-timestamp", emitted, keyA).without("webhook-timestamp").refused("malformed_header"),
		signed("x-pd-signature without a webhook-id", emitted, keyA).pd().without("webhook-id").emitted().anonymous(),
		signed("an empty webhook-signature", emitted, keyA).set("webhook-signature", "").refused("malformed_header"),
		signed("other signatures beside the right one", emitted, keyA).standard().more("webhook-signature", "v1a,AAAA v1,AAAA v1, ").emitted(),
		signed("other fields beside the right one", emitted, keyA).pd().more("x-pd-signature", "v0=00,v1=00,v1=,x,").emitted(),
		signed("a signature that was cut off", emitted, keyA).standard().cut("webhook-signature").refused("wrong_signature"),
		signed("a signature that was cut off, x-pd-signature", emitted, keyA).pd().cut("x-pd-signature").refused("wrong_signature"),
		signed("a webhook-id with a dot", emitted, keyA).set("webhook-id", "evt.1").refused("malformed_header"),
		signed("a webhook-id that is no ASCII", emitted, keyA).set("webhook-id", "evt_ä").refused("malformed_header"),

		signed("no secret", emitted, keyA).with().refused("malformed_secret"),
		signed("an empty secret", emitted, keyA).with(a, "").refused("malformed_secret"),
		signed("a whsec_ secret that is not base64", emitted, keyA).with("whsec_!").refused("malformed_secret"),
		signed("a whsec_ secret that is empty", emitted, keyA).with("whsec_").refused("malformed_secret"),
	}
	for _, t := range []string{"", "soon", "1767225600.5", "-1767225600", "+1767225600", " ", "0x69", "١٧٦٧٢٢٥٦٠٠", "17672256001767225600"} {
		out = append(out,
			signed("time "+strconv.Quote(t), emitted, keyA).set("webhook-timestamp", t).refused("malformed_header"),
			signed("time "+strconv.Quote(t)+", x-pd-signature", emitted, keyA).pd().set("x-pd-signature", "t="+t+",v1=00").refused("malformed_header"))
	}
	for _, h := range []string{"", "v1", "t=1767225600", "v1=00", "t=1767225600,t=1767225600,v1=00", "t=1767225600;v1=00"} {
		out = append(out, signed("x-pd-signature "+strconv.Quote(h), emitted).set("x-pd-signature", h).refused("malformed_header"))
	}
	return out
}

// anonymous takes the id away from what is expected.
func (v vector) anonymous() vector { v.Event.ID = ""; return v }

// more puts signatures that do not fit before the one that does.
func (v vector) more(header, text string) vector {
	if header == "x-pd-signature" {
		at, rest, _ := strings.Cut(v.Headers[header], ",")
		return v.set(header, at+","+text+rest)
	}
	return v.set(header, text+v.Headers[header])
}

func (v vector) cut(header string) vector {
	return v.set(header, v.Headers[header][:len(v.Headers[header])-4])
}

// The vectors in the repository are what this server signs.
func TestVectors(t *testing.T) {
	t.Parallel()
	var want bytes.Buffer
	enc := json.NewEncoder(&want)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(map[string]any{"about": "Made by internal/webhook/vectors_test.go from the server's own signatures: go test ./internal/webhook -run TestVectors -update", "vectors": vectors()}); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(vectorsFile, want.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(vectorsFile)
	if err != nil || !bytes.Equal(got, want.Bytes()) {
		t.Fatalf("%s is stale: go test ./internal/webhook -run TestVectors -update (%v)", vectorsFile, err)
	}
	names := map[string]bool{}
	for _, v := range vectors() {
		if (v.Error == "") != (v.Event != nil) || names[v.Name] {
			t.Errorf("%s: says both or nothing, or is there twice", v.Name)
		}
		names[v.Name] = true
	}
}
