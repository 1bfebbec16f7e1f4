package catalog

// Events is how an app tells of what happens in it.
type Events struct {
	URLOwner       string           `yaml:"url_owner"` // client: one address per client; connection: one per connection
	Verify         *EventVerify     `yaml:"verify"`    // nil = events are not signed, or nobody knows how
	Handshake      []map[string]any `yaml:"handshake"`
	Body           string           `yaml:"body"` // json | form | json_or_form_payload
	Route          []map[string]any `yaml:"route"`
	Type           map[string]any   `yaml:"type"`
	Dedupe         map[string]any   `yaml:"dedupe"`
	DeadOn         []map[string]any `yaml:"dead_on"`
	RequiredTopics []string         `yaml:"required_topics"`
	Subscription   map[string]any   `yaml:"subscription"`
}

// EventVerify says how events are signed.
type EventVerify struct {
	Kind      string `yaml:"kind"` // hmac | stripe | standard_webhooks | ed25519 | ecdsa | token | basic | twilio | jwt
	Alg       string `yaml:"alg"`
	Header    string `yaml:"header"`
	Encoding  string `yaml:"encoding"` // hex | base64; "" = hex
	Prefix    string `yaml:"prefix"`
	Signed    string `yaml:"signed"` // a text with holes; "" = the body
	Key       string `yaml:"key"`    // where the key is kept
	Timestamp struct {
		Header string `yaml:"header"`
		As     string `yaml:"as"` // epoch | epoch_ms | iso8601
	} `yaml:"timestamp"`
	Tolerance string `yaml:"tolerance"` // "" = 5m, for signatures that hold a time
}
