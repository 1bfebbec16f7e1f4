package catalog

// Events is how an app tells of what happens in it.
type Events struct {
	URLOwner       string         `yaml:"url_owner"` // client: one address per client; connection: one per connection
	Verify         *EventVerify   `yaml:"verify"`    // nil = events are not signed, or nobody knows how
	Handshake      []Handshake    `yaml:"handshake"`
	Body           string         `yaml:"body"`  // json | form | json_or_form_payload
	Route          []EventMatch   `yaml:"route"` // which account an event is for: the first that is there
	Type           Place          `yaml:"type"`
	Dedupe         Place          `yaml:"dedupe"` // the id that an event keeps when it is sent again
	DeadOn         []EventMatch   `yaml:"dead_on"`
	RequiredTopics []string       `yaml:"required_topics"`
	Subscription   map[string]any `yaml:"subscription"`
}

// EventVerify says how requests are signed.
type EventVerify struct {
	Kind      string     `yaml:"kind" json:"kind"`                        // hmac | stripe | standard_webhooks | ed25519 | ecdsa | token | basic | twilio | jwt | paypal | plaid
	Alg       string     `yaml:"alg" json:"alg,omitempty"`                // sha1 | sha256 | sha512; "" = sha256
	Header    string     `yaml:"header" json:"header,omitempty"`          // where the signature is; or in
	Query     string     `yaml:"query" json:"query,omitempty"`            // a parameter of the address, or
	JSON      string     `yaml:"json" json:"json,omitempty"`              // at a pointer into the body
	List      *EventList `yaml:"list" json:"list,omitempty"`              // the header holds more than the signature
	Encoding  string     `yaml:"encoding" json:"encoding,omitempty"`      // hex | base64; "" = hex
	Prefix    string     `yaml:"prefix" json:"prefix,omitempty"`          // before the signature
	Signed    string     `yaml:"signed" json:"signed,omitempty"`          // a text with holes; "" = the body
	Key       string     `yaml:"key" json:"-"`                            // where an app's key is kept
	Secret    string     `yaml:"secret" json:"secret_encoding,omitempty"` // how a key is written: text | base64 | hex; "" = text
	Timestamp EventTime  `yaml:"timestamp" json:"timestamp,omitzero"`     // none: a signature is good for ever
	Tolerance string     `yaml:"tolerance" json:"tolerance,omitempty"`    // "" = 5m, for signatures that hold a time
}

// EventList is a header like t=1700000000,v1=af3b…
type EventList struct {
	Separator string `yaml:"separator" json:"separator"`
	Time      string `yaml:"time" json:"time,omitempty"`
	Signature string `yaml:"signature" json:"signature"` // there may be several
}

// EventTime is where a request says when it was signed.
type EventTime struct {
	Header string `yaml:"header" json:"header,omitempty"`
	JSON   string `yaml:"json" json:"json,omitempty"`
	As     string `yaml:"as" json:"as,omitempty"` // epoch | epoch_ms | iso8601; "" = epoch
}

// Place is where something stands in a request.
type Place struct {
	Header string `yaml:"header" json:"header,omitempty"`
	Query  string `yaml:"query" json:"query,omitempty"`
	JSON   string `yaml:"json" json:"json,omitempty"`
}

// EventMatch is a condition on a request. Without equals, in and pattern it asks
// only that the place is there.
type EventMatch struct {
	Place   `yaml:",inline"`
	Method  string       `yaml:"method"`
	Equals  any          `yaml:"equals"`
	In      []any        `yaml:"in"`
	Pattern string       `yaml:"pattern"`
	All     []EventMatch `yaml:"all"` // instead: each of these
}

// Handshake is a request by which a provider tries an address, and its answer.
type Handshake struct {
	Match    EventMatch        `yaml:"match"`
	Unsigned bool              `yaml:"unsigned"` // it comes before there is a secret
	Keep     map[string]string `yaml:"keep"`     // what it tells us for later, texts with holes: webhook_secret
	Token    string            `yaml:"token"`    // a parameter of the address that must be the token we agreed on
	MAC      string            `yaml:"mac"`      // a text with holes; {{ mac }} in the reply is its HMAC-SHA256 in hex, under the secret
	Reply    Reply             `yaml:"reply"`
}

// Reply is an answer, its texts with holes.
type Reply struct {
	Status  int               `yaml:"status"` // 0 = 200
	Headers map[string]string `yaml:"headers"`
	JSON    map[string]string `yaml:"json"`
	Number  map[string]int    `yaml:"number"` // more fields of the JSON
	Text    string            `yaml:"text"`
}
