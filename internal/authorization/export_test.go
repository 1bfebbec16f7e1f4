package authorization

import "net/http"

// Allows reports whether a client with redirect URIs is answered at another one.
func Allows(registered []string, uri string) bool {
	return (&Client{RedirectURIs: registered}).allows(uri)
}

// Host is documentURL.
func (s *Service) Host(clientID string) (string, error) { return s.documentURL(clientID) }

// Label is a name as it is shown.
func Label(text string) string { return label(text) }

// Fresh is how long, in seconds, an answer with a Cache-Control is believed.
func Fresh(cacheControl string) float64 {
	return fresh(http.Header{"Cache-Control": {cacheControl}}).Seconds()
}
