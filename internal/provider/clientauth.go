package provider

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// clientAssertion proves the client by its private key (RFC 7523, 2.2). What
// the file does not say is as the RFC says.
func (c *Connection) clientAssertion(audience string, values map[string]string) (string, error) {
	a := catalog.Assertion{
		Alg: or(c.Auth.Assertion.Alg, "RS256"), Key: or(c.Auth.Assertion.Key, "{{ client.private_key }}"), Kid: c.Auth.Assertion.Kid,
		Lifetime: or(c.Auth.Assertion.Lifetime, "5m"), Claims: map[string]string{"iss": "{{ client.id }}", "sub": "{{ client.id }}", "aud": audience},
	}
	for k, v := range c.Auth.Assertion.Claims {
		a.Claims[k] = v
	}
	signed, _, err := sign(a, values, c.Now())
	if err != nil {
		return "", &Refusal{Class: ClientConfig, cause: err} // the key is the operator's
	}
	return signed, nil
}

// clientOf returns the HTTP client for token requests: with the operator's
// certificate, where the provider knows its clients by that (RFC 8705).
func (p *Client) clientOf(c *Connection) (*http.Client, error) {
	if c.Auth.Token.ClientAuth != "tls" {
		return p.HTTP, nil
	}
	cert, err := tls.X509KeyPair([]byte(c.Client.Fields["certificate"]), []byte(c.Client.Fields["certificate_key"]))
	if err != nil {
		return nil, errors.New("the client certificate and its key cannot be read") // the error may show a part of them
	}
	guarded, ok := p.HTTP.Transport.(*http.Transport)
	if !ok {
		return nil, fmt.Errorf("client certificates need a transport of net/http, and this is %T", p.HTTP.Transport)
	}
	own := guarded.Clone() // it dials through the same guard
	if own.TLSClientConfig == nil {
		own.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	}
	own.TLSClientConfig.Certificates = []tls.Certificate{cert}
	own.DisableKeepAlives = true // the next client has another certificate
	client := *p.HTTP
	client.Transport = own
	return &client, nil
}
