package catalog

// Auth is one way to sign in.
type Auth struct {
	ID           string            `yaml:"id"`
	Type         string            `yaml:"type"`
	Title        string            `yaml:"title"`
	Client       ClientForm        `yaml:"client"`
	PKCE         string            `yaml:"pkce"` // S256 | none
	PKCENote     string            `yaml:"pkce_note"`
	Authorize    Authorize         `yaml:"authorize"`
	Scopes       Scopes            `yaml:"scopes"`
	Callback     Callback          `yaml:"callback"`
	RequestToken Endpoint          `yaml:"request_token"`
	Token        Endpoint          `yaml:"token"`
	Tokens       map[string]Tokens `yaml:"tokens"` // "main" is the one that is injected
	Success      Success           `yaml:"success"`
	Errors       []ErrorRule       `yaml:"errors"` // the first that fits
	Refresh      Refresh           `yaml:"refresh"`
	Revoke       Endpoint          `yaml:"revoke"`
	Derive       Derive            `yaml:"derive"`
	Assertion    Assertion         `yaml:"assertion"`
	Steps        []Step            `yaml:"steps"`
	SigV4        SigV4Form         `yaml:"sigv4"`
	OAuth1       OAuth1Form        `yaml:"oauth1"`
	Inputs       map[string]*Input `yaml:"inputs"`
	Warn         []map[string]any  `yaml:"warn"`
}

// Step is one call on the way to a token.
type Step struct {
	ID      string `yaml:"id"`
	Request Call   `yaml:"request"`
}

// SigV4Form says what a call is signed for: by the host, below a domain; else by name.
type SigV4Form struct {
	Service string            `yaml:"service"`
	Region  string            `yaml:"region"`
	Domain  string            `yaml:"domain"` // such as .amazonaws.com: hosts are service.region.domain
	Names   map[string]string `yaml:"names"`  // of services whose name in a signature is not that in the host
}

// OAuth1Form says how a call is signed by OAuth 1.0a.
type OAuth1Form struct {
	Method string `yaml:"method"` // "" = HMAC-SHA1
	Realm  string `yaml:"realm"`
}

// ClientForm says how an operator gets a client, and what else is asked of them.
type ClientForm struct {
	Register string            `yaml:"register"` // static | dcr | cimd
	Fields   map[string]*Input `yaml:"fields"`
}

// Authorize is the page that a user is sent to.
type Authorize struct {
	URL    string            `yaml:"url"`
	Params map[string]string `yaml:"params"`
	Rename map[string]string `yaml:"rename"` // {client_id: client_key}
	Raw    []string          `yaml:"raw"`    // parameters that are not percent-encoded
}

// Scopes are what an app lets a client ask for.
type Scopes struct {
	None         bool                `yaml:"none"` // the app has none
	Join         string              `yaml:"join"` // "" = a space
	Param        string              `yaml:"param"`
	ExtraParams  map[string]string   `yaml:"extra_params"`
	Profiles     map[string][]string `yaml:"profiles"`
	ProfilesUser map[string][]string `yaml:"profiles_user"`
	Append       []string            `yaml:"append"`
	Catalog      map[string]string   `yaml:"catalog"` // scope -> what it allows, in plain words
	Implies      map[string][]string `yaml:"implies"` // scope -> those that come with it
	Granted      Granted             `yaml:"granted"`
}

// Granted is where a token answer says which scopes were given.
type Granted struct {
	Path  string `yaml:"path"`
	Join  string `yaml:"join"`
	Exact bool   `yaml:"exact"` // in the words of the request, so that what is not named was refused
}

// Callback says what the provider sends back.
type Callback struct {
	Via       string       `yaml:"via"`        // query | fragment_page | webhook
	CodeParam string       `yaml:"code_param"` // "" = code
	Params    []string     `yaml:"params"`
	Issuer    string       `yaml:"issuer"` // checked against iss (RFC 9207) when set
	Verify    []VerifyRule `yaml:"verify"` // all must hold
}

// VerifyRule is a check of a callback. A rule of neither kind is one that no
// code knows yet.
type VerifyRule struct {
	HMACQuery *HMACQuery `yaml:"hmac_query"`
	MatchVar  *MatchVar  `yaml:"match_var"`
	Owned     *Owned     `yaml:"owned"`
}

// Owned says that what the callback names must be among what the person who
// came back has: their code is redeemed, and a list is read with the token.
type Owned struct {
	Token  Endpoint `yaml:"token"`
	Get    string   `yaml:"get"`
	List   string   `yaml:"list"`
	Value  string   `yaml:"value"`
	Equals string   `yaml:"equals"`
}

// HMACQuery says that the provider signs its callback with the client's secret:
// HMAC-SHA256 in hex over the other parameters, sorted.
type HMACQuery struct {
	Param string `yaml:"param"`
}

// MatchVar says that a parameter of the callback must be what the user named.
type MatchVar struct {
	Param  string `yaml:"param"`
	Equals string `yaml:"equals"`
}

// Endpoint is an address at the provider and how it is spoken to.
type Endpoint struct {
	URL        string            `yaml:"url"`
	Method     string            `yaml:"method"`      // "" = POST
	Encode     string            `yaml:"encode"`      // form | json | query; "" = form
	ClientAuth string            `yaml:"client_auth"` // body | basic | private_key_jwt | tls | none
	Params     map[string]string `yaml:"params"`
	Headers    map[string]string `yaml:"headers"`
	Auth       string            `yaml:"auth"`
}

// Tokens is where a token answer holds a token. Pointers are RFC 6901.
type Tokens struct {
	Map            map[string]string `yaml:"map"` // access, refresh, …
	Value          string            `yaml:"value"`
	Expires        Expires           `yaml:"expires"`
	RefreshExpires Expires           `yaml:"refresh_expires"`
	Optional       bool              `yaml:"optional"`
}

// Expires is where and how an answer tells when something ends.
type Expires struct {
	Path string `yaml:"path"`
	As   string `yaml:"as"`   // in (a length) | at (a moment)
	Unit string `yaml:"unit"` // s | ms | iso8601
}

// Success tells a good answer from an error that comes with a good status.
type Success struct {
	Status  string `yaml:"status"`
	JSON    string `yaml:"json"`
	Equals  any    `yaml:"equals"`
	NotJSON string `yaml:"not_json"` // a pointer that a good answer does not have
}

// Match is a condition on an answer.
type Match struct {
	Status         []int    `yaml:"status"`
	JSON           string   `yaml:"json"`
	Header         string   `yaml:"header"`
	Equals         any      `yaml:"equals"`
	In             []any    `yaml:"in"`
	DescriptionHas []string `yaml:"description_has"`
	Also           []Match  `yaml:"also"`
}

// ErrorRule gives an error answer its class.
type ErrorRule struct {
	Match  Match  `yaml:"match"`
	Class  string `yaml:"class"`
	Reason string `yaml:"reason"`
}

// Refresh says how a token lives on.
type Refresh struct {
	Policy           string            `yaml:"policy"` // none | stable | rotating | exchange | mint
	MayRotate        bool              `yaml:"may_rotate"`
	WhenAbsent       string            `yaml:"when_absent"`
	ReuseGrace       string            `yaml:"reuse_grace"`
	ReuseGraceMax    string            `yaml:"reuse_grace_max"`
	OnReuse          string            `yaml:"on_reuse"`
	Margin           string            `yaml:"margin"`
	AssumeTTL        string            `yaml:"assume_ttl"`
	Expiry           string            `yaml:"expiry"`
	Introspect       Endpoint          `yaml:"introspect"`
	IdleLifetime     string            `yaml:"idle_lifetime"`
	AbsoluteLifetime string            `yaml:"absolute_lifetime"`
	Keepalive        string            `yaml:"keepalive"`
	URL              string            `yaml:"url"` // "" = the token endpoint
	Method           string            `yaml:"method"`
	Encode           string            `yaml:"encode"`
	Params           map[string]string `yaml:"params"`
	RevokesOldAccess string            `yaml:"revokes_old_access"`
	On401            string            `yaml:"on_401"`
}

// Derive fills vars from what the provider sends, and from what was typed in.
type Derive struct {
	FromInput    map[string]string   `yaml:"from_input"`
	FromCallback map[string]string   `yaml:"from_callback"`
	FromToken    map[string]string   `yaml:"from_token"`
	FromHeaders  map[string]string   `yaml:"from_headers"`
	FromRequest  []map[string]string `yaml:"from_request"`
}

// Assertion is a JWT that is signed here and stands for a sign-in (RFC 7523).
type Assertion struct {
	Alg      string            `yaml:"alg"`
	Key      string            `yaml:"key"`
	Kid      string            `yaml:"kid"`
	Claims   map[string]string `yaml:"claims"`
	Lifetime string            `yaml:"lifetime"` // "" = 1h
}
