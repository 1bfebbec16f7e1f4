package console

import (
	"context"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/signin"
	"github.com/patchbay-dev/patchbay/internal/telemetry"
)

// workspaces are what people do with workspaces themselves: with their session
// alone, whatever their role lets them do within.
func (s *Server) workspaces(g *gin.Engine) {
	g.GET("/console/api/workspaces", s.signedIn(s.listWorkspaces))
	g.POST("/console/api/workspaces", s.signedIn(s.createWorkspace))
	g.POST("/console/api/workspace", s.signedIn(s.chooseWorkspace))
	g.POST("/console/api/workspace/leave", s.signedIn(s.leaveWorkspace))
	g.POST("/console/api/workspace/transfer", s.signedIn(s.transferWorkspace))
	g.GET("/console/api/invitations/:token", s.invitation)
	g.POST("/console/api/invitations/:token", s.acceptInvitation)
}

// signedIn calls f for who is signed in, as whom its work is done.
func (s *Server) signedIn(f func(c *gin.Context, who *signin.Who, raw string) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		raw := s.SignIns.FromRequest(c.Request)
		c.Header("Cache-Control", "no-store")
		who, err := s.SignIns.SignedIn(c.Request.Context(), raw)
		if err == nil {
			a := audit.Actor{Kind: audit.Member, ID: who.Member.ID, Name: who.Person.Email, Address: answer.Address(c.Request.Context()), RequestID: telemetry.Of(c.Request.Context(), "request_id")}
			c.Request = c.Request.WithContext(audit.With(c.Request.Context(), a))
			err = f(c, who, raw)
		}
		if err != nil {
			answer.Error(c, err)
		}
	}
}

func (s *Server) listWorkspaces(c *gin.Context, who *signin.Who, _ string) error {
	all, err := s.Members.Memberships(c.Request.Context(), who.Person.ID)
	if err != nil {
		return err
	}
	rows := make([]gin.H, len(all))
	for i, m := range all {
		rows[i] = gin.H{"id": m.ID, "name": m.Name, "role": m.Role}
	}
	c.JSON(http.StatusOK, gin.H{"data": rows, "may_create": s.Members.MayCreate(all)})
	return nil
}

func (s *Server) createWorkspace(c *gin.Context, who *signin.Who, raw string) error {
	var in struct{ Name string }
	if !s.read(c, &in) {
		return nil
	}
	w, err := s.Members.Another(c.Request.Context(), who.Person, in.Name)
	if err != nil {
		return err
	}
	return s.open(c, raw, w.ID)
}

func (s *Server) chooseWorkspace(c *gin.Context, _ *signin.Who, raw string) error {
	var in struct{ ID string }
	if !s.read(c, &in) {
		return nil
	}
	return s.open(c, raw, in.ID)
}

// open opens a workspace in the session, and shows the session.
func (s *Server) open(c *gin.Context, raw, workspaceID string) error {
	if err := s.SignIns.Choose(c.Request.Context(), raw, workspaceID); err != nil {
		return err
	}
	s.show(c, raw)
	return nil
}

func (s *Server) leaveWorkspace(c *gin.Context, who *signin.Who, _ string) error {
	if err := s.Members.Leave(c.Request.Context(), who.Workspace.ID, who.Member.ID); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

func (s *Server) transferWorkspace(c *gin.Context, who *signin.Who, _ string) error {
	var in struct {
		MemberID string `json:"member_id"`
	}
	if !s.read(c, &in) {
		return nil
	}
	if err := s.Members.Transfer(c.Request.Context(), who.Workspace.ID, who.Member.ID, in.MemberID); err != nil {
		return err
	}
	c.Status(http.StatusNoContent)
	return nil
}

// invitation shows what a link offers.
func (s *Server) invitation(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	o, err := s.Members.Offered(c.Request.Context(), c.Param("token"))
	if err != nil {
		answer.Error(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{"email": o.Email, "workspace": o.Workspace, "role": o.Role, "invited_by": o.InvitedBy, "known": o.Known, "expires_at": o.ExpiresAt.UTC()})
}

// acceptInvitation makes a member of who has the link, and signs them in.
func (s *Server) acceptInvitation(c *gin.Context) {
	var in struct{ Name, Password string }
	if !s.read(c, &in) {
		return
	}
	ctx := audit.With(c.Request.Context(), audit.Actor{Address: answer.Address(c.Request.Context()), RequestID: telemetry.Of(c.Request.Context(), "request_id")})
	raw := s.SignIns.FromRequest(c.Request)
	person, err := s.SignIns.Person(ctx, raw)
	if err != nil {
		answer.Error(c, err)
		return
	}
	m, err := s.Members.Accept(ctx, c.Param("token"), person, member.Newcomer{Name: in.Name, Password: in.Password})
	if err != nil {
		answer.Error(c, err)
		return
	}
	if person == nil { // a link of their own signs them in, as any does
		o, err := s.enter(ctx, c, m.PersonID)
		if err != nil {
			answer.Error(c, err)
			return
		}
		s.SignIns.Keep(c.Writer, c.Request, o)
		raw = o.Token
	}
	if err := s.open(c, raw, m.WorkspaceID); err != nil {
		answer.Error(c, err)
	}
}

// enter signs somebody in who came by a link of theirs.
func (s *Server) enter(ctx context.Context, c *gin.Context, personID string) (*signin.Opened, error) {
	link, err := s.SignIns.NewLink(ctx, personID)
	if err != nil {
		return nil, err
	}
	return s.SignIns.SignInByLink(ctx, link, s.browser(c))
}
