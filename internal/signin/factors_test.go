package signin_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-webauthn/webauthn/protocol/webauthncbor"
	"github.com/pquerna/otp/totp"

	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/signin"
)

var here = signin.Browser{Address: "192.0.2.1"}

// link signs Ada in by a link: no password has to be hashed.
func (r *rig) link() *signin.Opened {
	r.t.Helper()
	o, err := r.SignInByLink(r.t.Context(), r.signInLink(), here)
	if err != nil {
		r.t.Fatal(err)
	}
	return o
}

func (r *rig) code(secret string) string {
	r.t.Helper()
	c, err := totp.GenerateCode(secret, r.clock.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	return c
}

// enrolled gives Ada an authenticator app, and lets a minute pass.
func (r *rig) enrolled() (session, secret string, codes []string) {
	r.t.Helper()
	w := r.who(r.link().Token)
	e, err := r.BeginTOTP(r.t.Context(), w)
	if err != nil {
		r.t.Fatal(err)
	}
	o, codes, err := r.ConfirmTOTP(r.t.Context(), w, r.code(e.Secret), here)
	if err != nil {
		r.t.Fatal(err)
	}
	r.clock.Pass(time.Minute)
	return o.Token, e.Secret, codes
}

// An app counts from its first code on. Then a sign-in opens no session before a
// code was shown, and each code is good once.
func TestTOTP(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	other := r.link()
	first := r.link()
	w := r.who(first.Token)
	e, err := r.BeginTOTP(t.Context(), w)
	if err != nil || !strings.HasPrefix(e.QR, "data:image/png;base64,") || !strings.Contains(e.URI, e.Secret) {
		t.Fatal(e, err)
	}
	if o := r.link(); o.Step != "" {
		t.Fatal("it is asked for before it was confirmed")
	}
	if e, err = r.BeginTOTP(t.Context(), w); err != nil { // begun anew
		t.Fatal(err)
	}
	if _, _, err := r.ConfirmTOTP(t.Context(), w, "000000x", here); !errors.Is(err, signin.ErrCurrentCode) {
		t.Fatal(err)
	}
	o, codes, err := r.ConfirmTOTP(t.Context(), w, r.code(e.Secret), here)
	if err != nil || len(codes) != 10 {
		t.Fatal(codes, err)
	}
	for name, raw := range map[string]string{"of one factor": other.Token, "the old token": first.Token} {
		if _, err := r.SignedIn(t.Context(), raw, ""); !errors.Is(err, signin.ErrSession) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if w = r.who(o.Token); w.Session.Factors != 2 {
		t.Errorf("a session of %d factors", w.Session.Factors)
	}
	if _, err := r.BeginTOTP(t.Context(), w); !errors.Is(err, signin.ErrHasTOTP) {
		t.Error(err)
	}
	sessions := r.count("sessions")
	in := r.link()
	if in.Token != "" || in.Step == "" || !slices.Equal(in.Ways, []string{signin.ByTOTP, signin.ByRecovery}) || r.count("sessions") != sessions {
		t.Fatalf("%+v", in)
	}
	if _, err := r.SignedIn(t.Context(), in.Step, ""); !errors.Is(err, signin.ErrSession) {
		t.Errorf("a step is a session: %v", err)
	}
	if _, err := r.Second(t.Context(), in.Step, r.code(e.Secret), here); !errors.Is(err, signin.ErrCode) {
		t.Fatalf("the code that confirmed it, again: %v", err)
	}
	r.clock.Pass(time.Minute)
	good := r.code(e.Secret)
	opened, err := r.Second(t.Context(), in.Step, good, here)
	if err != nil || r.who(opened.Token).Session.Factors != 2 {
		t.Fatal(opened, err)
	}
	for name, raw := range map[string]string{"the same step": in.Step, "made up": "pbt_x", "none": ""} {
		if _, err := r.Second(t.Context(), raw, good, here); !errors.Is(err, signin.ErrStep) {
			t.Errorf("%s: %v", name, err)
		}
	}
	late := r.link()
	if _, err := r.Second(t.Context(), late.Step, good, here); !errors.Is(err, signin.ErrCode) {
		t.Errorf("a code twice: %v", err)
	}
	r.clock.Pass(11 * time.Minute)
	if _, err := r.Second(t.Context(), late.Step, r.code(e.Secret), here); !errors.Is(err, signin.ErrStep) {
		t.Errorf("a step that is over: %v", err)
	}
	if got := r.logged(); !slices.Contains(got, audit.FactorAdded) || !slices.Contains(got, audit.SignInFailed) {
		t.Errorf("logged %v", got)
	}
}

// Recovery codes are good once, however they are written; new ones end the old.
func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	session, _, codes := r.enrolled()
	step := r.link().Step
	for _, bad := range []string{"", "0000-0000-0000-0000", codes[0][:10]} {
		if _, err := r.Second(t.Context(), step, bad, here); !errors.Is(err, signin.ErrCode) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if _, err := r.Second(t.Context(), step, " "+strings.ToUpper(strings.ReplaceAll(codes[0], "-", " ")), here); err != nil {
		t.Fatal(err)
	}
	if _, err := r.Second(t.Context(), r.link().Step, codes[0], here); !errors.Is(err, signin.ErrCode) {
		t.Fatalf("twice: %v", err)
	}
	if f, err := r.Factors(t.Context(), r.ada.PersonID); err != nil || f.Recovery != 9 {
		t.Fatal(f, err)
	}
	fresh, err := r.NewRecoveryCodes(t.Context(), r.who(session), here)
	if err != nil || len(fresh) != 10 {
		t.Fatal(fresh, err)
	}
	if _, err := r.Second(t.Context(), r.link().Step, codes[1], here); !errors.Is(err, signin.ErrCode) {
		t.Fatalf("an old one: %v", err)
	}
	if _, err := r.Second(t.Context(), r.link().Step, fresh[1], here); err != nil {
		t.Fatal(err)
	}
}

// Guesses of a code are held back for the person, whichever sign-in they are of.
func TestCodesGuessed(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	_, secret, _ := r.enrolled()
	for range 5 {
		if _, err := r.Second(t.Context(), r.link().Step, "00000a", here); !errors.Is(err, signin.ErrCode) {
			t.Fatal(err)
		}
	}
	step := r.link().Step
	if _, err := r.Second(t.Context(), step, r.code(secret), here); !errors.Is(err, signin.ErrTooMany) {
		t.Fatal(err)
	}
	r.clock.Pass(5 * time.Minute)
	if _, err := r.Second(t.Context(), step, r.code(secret), here); err != nil {
		t.Fatal(err)
	}
}

// What guards an account is changed with a fresh proof only, which a password or
// a code gives; without any factor left, codes for the day of loss go as well.
func TestProof(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	session, secret, _ := r.enrolled()
	r.clock.Pass(signin.ProofLife)
	w := r.who(session)
	_, begin := r.BeginTOTP(t.Context(), w)
	_, codes := r.NewRecoveryCodes(t.Context(), w, here)
	_, _, passkey := r.BeginPasskey(t.Context(), w)
	for name, err := range map[string]error{
		"remove the app": r.RemoveTOTP(t.Context(), w, here), "begin one": begin, "new codes": codes, "a passkey": passkey, "remove a passkey": r.RemovePasskey(t.Context(), w, "pk_x", here),
	} {
		if !errors.Is(err, signin.ErrProof) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := r.Prove(t.Context(), w, "wrong password", "", here); !errors.Is(err, signin.ErrCurrent) {
		t.Error(err)
	}
	if _, err := r.Prove(t.Context(), w, "", "00000a", here); !errors.Is(err, signin.ErrCurrentCode) {
		t.Error(err)
	}
	o, err := r.Prove(t.Context(), w, "", r.code(secret), here)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.SignedIn(t.Context(), session, ""); !errors.Is(err, signin.ErrSession) {
		t.Errorf("the old token: %v", err)
	}
	if err := r.RemoveTOTP(t.Context(), r.who(o.Token), here); err != nil {
		t.Fatal(err)
	}
	if err := r.RemoveTOTP(t.Context(), r.who(o.Token), here); !errors.Is(err, signin.ErrNoTOTP) {
		t.Error(err)
	}
	if r.count("recovery_codes") != 0 || r.link().Step != "" || r.who(o.Token).Session.Factors != 1 {
		t.Error("a factor is left")
	}
}

// Whoever comes in by another way than a sign-in is asked for a second factor all
// the same, and somebody without one, or who is nobody, is not.
func TestEnter(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	o, err := r.Enter(t.Context(), r.ada.PersonID, "invitation", here)
	if err != nil || o.Step != "" || r.who(o.Token).Person.ID != r.ada.PersonID {
		t.Fatalf("%+v, %v", o, err)
	}
	_, secret, _ := r.enrolled()
	o, err = r.Enter(t.Context(), r.ada.PersonID, "invitation", here)
	if err != nil || o.Token != "" || o.Step == "" {
		t.Fatalf("%+v, %v", o, err)
	}
	if o, err = r.Second(t.Context(), o.Step, r.code(secret), here); err != nil || r.who(o.Token).Session.Factors != 2 {
		t.Fatalf("%+v, %v", o, err)
	}
	if _, err := r.Enter(t.Context(), "u_nobody", "invitation", here); !errors.Is(err, signin.ErrSession) {
		t.Error(err)
	}
}

// A workspace that asks for two factors lets nobody on who has shown one; only
// its owners say so.
func TestRequireTwoFactors(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	raw := r.link().Token
	if err := r.who(raw).Ready(); err != nil {
		t.Fatal(err)
	}
	for range 2 { // saying it twice is no error
		if err := r.RequireTwoFactors(t.Context(), r.who(raw), true); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.who(raw).Ready(); !errors.Is(err, signin.ErrTwoFactors) {
		t.Fatal(err)
	}
	session, _, _ := r.enrolled()
	if err := r.who(session).Ready(); err != nil {
		t.Fatal(err)
	}
	r.exec("UPDATE members SET role = 'admin'")
	if err := r.RequireTwoFactors(t.Context(), r.who(session), false); !errors.Is(err, signin.ErrRole) {
		t.Fatal(err)
	}
	n := 0
	for _, a := range r.logged() {
		if a == audit.SignInRules {
			n++
		}
	}
	if n != 1 {
		t.Errorf("it was logged %d times", n)
	}
}

// gadget is an authenticator: it makes a key and signs with it.
type gadget struct {
	t        *testing.T
	key      *ecdsa.PrivateKey
	id       []byte
	origin   string
	verified bool // that it asked for a finger
	count    uint32
	handle   []byte
}

func newGadget(t *testing.T) *gadget {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	g := &gadget{t: t, key: key, id: make([]byte, 32), origin: "https://patchbay.test", verified: true}
	_, _ = rand.Read(g.id)
	return g
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// challenge reads what a browser is handed.
func (g *gadget) challenge(options any) (c string, user string) {
	g.t.Helper()
	b, err := json.Marshal(options)
	if err != nil {
		g.t.Fatal(err)
	}
	var o struct {
		PublicKey struct {
			Challenge string
			User      struct{ ID string }
		}
	}
	if err := json.Unmarshal(b, &o); err != nil {
		g.t.Fatal(err)
	}
	return o.PublicKey.Challenge, o.PublicKey.User.ID
}

func (g *gadget) data(flags byte) []byte {
	rp := sha256.Sum256([]byte("patchbay.test"))
	if g.verified {
		flags |= 0x04
	}
	g.count++
	return binary.BigEndian.AppendUint32(append(rp[:], flags|0x01), g.count)
}

func (g *gadget) client(kind, challenge string) []byte {
	b, _ := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": g.origin, "crossOrigin": false})
	return b
}

// make answers what AddPasskey takes.
func (g *gadget) make(options any) json.RawMessage {
	g.t.Helper()
	challenge, user := g.challenge(options)
	g.handle, _ = base64.RawURLEncoding.DecodeString(user)
	point, err := g.key.PublicKey.Bytes()
	if err != nil {
		g.t.Fatal(err)
	}
	public, err := webauthncbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		g.t.Fatal(err)
	}
	auth := append(g.data(0x40), make([]byte, 16)...)
	auth = append(append(binary.BigEndian.AppendUint16(auth, uint16(len(g.id))), g.id...), public...)
	object, err := webauthncbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": auth})
	if err != nil {
		g.t.Fatal(err)
	}
	return g.answer(map[string]any{"clientDataJSON": b64(g.client("webauthn.create", challenge)), "attestationObject": b64(object)})
}

// show answers what SignInByPasskey takes.
func (g *gadget) show(options any) json.RawMessage {
	g.t.Helper()
	challenge, _ := g.challenge(options)
	client, auth := g.client("webauthn.get", challenge), g.data(0)
	sum := sha256.Sum256(client)
	digest := sha256.Sum256(append(slices.Clone(auth), sum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, g.key, digest[:])
	if err != nil {
		g.t.Fatal(err)
	}
	return g.answer(map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(auth), "signature": b64(signature), "userHandle": b64(g.handle)})
}

func (g *gadget) answer(response map[string]any) json.RawMessage {
	b, _ := json.Marshal(map[string]any{"id": b64(g.id), "rawId": b64(g.id), "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
	return b
}

// added gives Ada a passkey.
func (r *rig) added(g *gadget, raw string) string {
	r.t.Helper()
	w := r.who(raw)
	options, ceremony, err := r.BeginPasskey(r.t.Context(), w)
	if err != nil {
		r.t.Fatal(err)
	}
	o, err := r.AddPasskey(r.t.Context(), w, ceremony, "Laptop", g.make(options), here)
	if err != nil {
		r.t.Fatalf("%v: %v", err, errors.Unwrap(err))
	}
	return o.Token
}

// A passkey signs in alone, with both factors, and each answer once; what is of
// another site, not verified, a copy, or removed, does not.
func TestPasskeyAlone(t *testing.T) {
	t.Parallel()
	r, g := newRig(t), newGadget(t)
	session := r.added(g, r.link().Token)
	enter := func(change func()) (*signin.Opened, error) {
		t.Helper()
		options, ceremony, err := r.AskPasskey(t.Context(), "", here)
		if err != nil {
			t.Fatal(err)
		}
		change()
		return r.SignInByPasskey(t.Context(), ceremony, "", g.show(options), here)
	}
	o, err := enter(func() {})
	if err != nil || r.who(o.Token).Person.ID != r.ada.PersonID || r.who(o.Token).Session.Factors != 2 {
		t.Fatal(err)
	}
	options, ceremony, err := r.AskPasskey(t.Context(), "", here)
	if err != nil {
		t.Fatal(err)
	}
	shown := g.show(options)
	if _, err := r.SignInByPasskey(t.Context(), ceremony, "", shown, here); err != nil {
		t.Fatal(err)
	}
	if _, err := r.SignInByPasskey(t.Context(), ceremony, "", shown, here); !errors.Is(err, signin.ErrCeremony) {
		t.Errorf("twice: %v", err)
	}
	for name, change := range map[string]func(){
		"another site's": func() { g.origin = "https://evil.test" },
		"not verified":   func() { g.verified = false },
		"a copy":         func() { g.count = 0 },
		"of another":     func() { g.handle = []byte("u_nobody") },
	} {
		before := *g
		if _, err := enter(change); !errors.Is(err, signin.ErrPasskey) {
			t.Errorf("%s: %v", name, err)
		}
		count := max(g.count, before.count)
		*g = before
		g.count = count
	}
	if _, err := r.SignInByPasskey(t.Context(), "pbk_x", "", shown, here); !errors.Is(err, signin.ErrCeremony) {
		t.Error(err)
	}
	_, ceremony, err = r.AskPasskey(t.Context(), "", here)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.SignInByPasskey(t.Context(), ceremony, "", json.RawMessage(`{"id": 5}`), here); !errors.Is(err, signin.ErrPasskey) {
		t.Errorf("garbage: %v", err)
	}
	f, err := r.Factors(t.Context(), r.ada.PersonID)
	if err != nil || len(f.Passkeys) != 1 || f.Passkeys[0].UsedAt == nil {
		t.Fatal(f, err)
	}
	if err := r.RemovePasskey(t.Context(), r.who(session), f.Passkeys[0].ID, here); err != nil {
		t.Fatal(err)
	}
	if _, err := enter(func() {}); !errors.Is(err, signin.ErrPasskey) {
		t.Errorf("removed: %v", err)
	}
}

// After a password a passkey is the second factor: of the same person only.
func TestPasskeySecond(t *testing.T) {
	t.Parallel()
	r, g := newRig(t), newGadget(t)
	r.added(g, r.link().Token)
	in := r.link()
	if in.Token != "" || !slices.Equal(in.Ways, []string{signin.ByPasskey}) {
		t.Fatalf("%+v", in)
	}
	g.verified = false // a key that is touched is enough beside a password
	options, ceremony, err := r.AskPasskey(t.Context(), in.Step, here)
	if err != nil {
		t.Fatal(err)
	}
	shown := g.show(options)
	if _, err := r.SignInByPasskey(t.Context(), ceremony, "", shown, here); !errors.Is(err, signin.ErrStep) {
		t.Fatalf("without the first factor: %v", err)
	}
	if options, ceremony, err = r.AskPasskey(t.Context(), in.Step, here); err != nil {
		t.Fatal(err)
	}
	o, err := r.SignInByPasskey(t.Context(), ceremony, in.Step, g.show(options), here)
	if err != nil || r.who(o.Token).Session.Factors != 2 {
		t.Fatal(err)
	}
	if _, _, err := r.AskPasskey(t.Context(), in.Step, here); !errors.Is(err, signin.ErrStep) {
		t.Errorf("the step is still there: %v", err)
	}
}

// A passkey is added by who began it, under a name, and needs a host name of ours.
func TestPasskeyAdded(t *testing.T) {
	t.Parallel()
	r, g := newRig(t), newGadget(t)
	w := r.who(r.link().Token)
	bob, err := r.NewLink(t.Context(), r.person("Bob", "bob@example.com").PersonID)
	if err != nil {
		t.Fatal(err)
	}
	bobs, err := r.SignInByLink(t.Context(), bob, here)
	if err != nil {
		t.Fatal(err)
	}
	options, ceremony, err := r.BeginPasskey(t.Context(), w)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "  ", strings.Repeat("x", 61)} {
		if _, err := r.AddPasskey(t.Context(), w, ceremony, name, g.make(options), here); !errors.Is(err, signin.ErrPasskeyName) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if _, err := r.AddPasskey(t.Context(), r.who(bobs.Token), ceremony, "Bob's", g.make(options), here); !errors.Is(err, signin.ErrCeremony) {
		t.Errorf("another's: %v", err)
	}
	for _, at := range []string{"http://192.0.2.1", "https://192.0.2.1", "http://patchbay.test", "::"} {
		r.PublicURL = at
		if _, _, err := r.BeginPasskey(t.Context(), w); !errors.Is(err, signin.ErrPasskeysOff) || r.HasPasskeys() {
			t.Errorf("%s: %v", at, err)
		}
	}
}
