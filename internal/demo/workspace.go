package demo

import "net/http"

// Workspace is a place at Acme in which a person works. Ada has two of them, so
// that whoever connects her has to ask which.
type Workspace struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	Host string `json:"host"`
}

// listWorkspaces answers GET /api/workspaces with those of the caller.
func (s *Server) listWorkspaces(_ http.ResponseWriter, _ *http.Request, t *ticket) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return http.StatusOK, map[string]any{"data": append([]Workspace{}, t.account.workspaces...)}, nil
}
