package console

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/audit"
	"github.com/patchbay-dev/patchbay/internal/member"
	"github.com/patchbay-dev/patchbay/internal/project"
	"github.com/patchbay-dev/patchbay/internal/signin"
)

// workspaces are what people do with workspaces themselves: with their session
// alone, whatever their role lets them do within.
func (s *Server) workspaces(g *gin.Engine) {
	g.GET("/console/api/workspaces", s.anywhere, s.listWorkspaces)
	g.POST("/console/api/workspaces", s.anywhere, s.createWorkspace)
	g.POST("/console/api/workspace", s.anywhere, s.chooseWorkspace)
	g.POST("/console/api/workspace/leave", s.inside, s.leaveWorkspace)
	g.POST("/console/api/workspace/transfer", s.inside, s.transferWorkspace)
	g.GET("/console/api/workspace/deletion", s.inside, s.workspaceDeletion)
	g.POST("/console/api/workspace/deletion", s.inside, s.deleteWorkspace)
	g.DELETE("/console/api/workspace/deletion", s.inside, s.keepWorkspace)
	g.GET("/console/api/invitation", s.invitation)
	g.POST("/console/api/invitation", s.acceptInvitation)
}

func (s *Server) listWorkspaces(c *gin.Context) {
	who := whoOf(c)
	all, err := s.Members.Memberships(c.Request.Context(), who.Person.ID)
	if err != nil {
		answer.Error(c, err)
		return
	}
	rows := make([]gin.H, 0, len(all))
	for _, m := range all {
		if who.Free() == nil || m.ID == who.Workspace.ID { // an identity provider is told of no other workspace
			rows = append(rows, gin.H{"id": m.ID, "name": m.Name, "role": m.Role})
		}
	}
	c.JSON(http.StatusOK, gin.H{"data": rows, "may_create": who.Free() == nil && s.Members.MayCreate(all)})
}

func (s *Server) createWorkspace(c *gin.Context) {
	if err := whoOf(c).Free(); err != nil {
		answer.Error(c, err)
		return
	}
	var in struct{ Name string }
	if !s.read(c, &in, small) {
		return
	}
	w, err := s.Members.Another(c.Request.Context(), whoOf(c).Person, in.Name)
	if err != nil {
		answer.Error(c, err)
		return
	}
	s.open(c, w.ID)
}

func (s *Server) chooseWorkspace(c *gin.Context) {
	var in struct{ ID string }
	if s.read(c, &in, small) {
		s.open(c, in.ID)
	}
}

// open opens a workspace in the session, and shows the session.
func (s *Server) open(c *gin.Context, workspaceID string) {
	raw := s.SignIns.FromRequest(c.Request)
	if err := s.SignIns.Choose(c.Request.Context(), raw, workspaceID); err != nil {
		answer.Error(c, err)
		return
	}
	s.show(c, raw)
}

func (s *Server) leaveWorkspace(c *gin.Context) {
	who := whoOf(c)
	s.went(c, nil, s.Members.Leave(c.Request.Context(), who.Workspace.ID, who.Member.ID))
}

func (s *Server) transferWorkspace(c *gin.Context) {
	var in struct {
		MemberID string `json:"member_id"`
	}
	if !s.read(c, &in, small) {
		return
	}
	who := whoOf(c)
	s.went(c, nil, s.Members.Transfer(c.Request.Context(), who.Workspace.ID, who.Member.ID, in.MemberID))
}

// workspaceDeletion tells members that their workspace is to be deleted, when, and
// how far that is.
func (s *Server) workspaceDeletion(c *gin.Context) {
	w := whoOf(c).Workspace
	if !w.Going() {
		answer.Error(c, member.ErrNotDeleted)
		return
	}
	projects, left, err := s.Projects.LeftOf(c.Request.Context(), w.ID)
	if err != nil {
		answer.Error(c, err)
		return
	}
	c.JSON(http.StatusOK, gin.H{
		"name": w.Name, "asked_at": w.DeletionAskedAt.UTC(), "asked_by": *w.DeletionBy, "deletes_at": w.DeletesAt.UTC(),
		"projects": projects, "triggers": left.Triggers, "users": left.Users, "grants": left.Grants, "most": project.Most,
	})
}

// deleteWorkspace has the open workspace go after its grace, for an owner who proved
// a moment ago who they are. A session of an identity provider's is never that.
func (s *Server) deleteWorkspace(c *gin.Context) {
	var in struct{ Name string }
	if !s.read(c, &in, small) {
		return
	}
	who := whoOf(c)
	err := who.Free()
	if err == nil {
		if err = who.Ready(); errors.Is(err, signin.ErrGoing) {
			err = nil // whoever asks twice asked once
		}
	}
	if err == nil {
		err = s.SignIns.Proven(who)
	}
	if err == nil {
		_, err = s.Members.Delete(c.Request.Context(), who.Workspace.ID, who.Member.Role, in.Name)
	}
	s.went(c, nil, err)
}

func (s *Server) keepWorkspace(c *gin.Context) {
	who := whoOf(c)
	_, err := s.Members.TakeBack(c.Request.Context(), who.Workspace.ID, who.Member.Role)
	s.went(c, nil, err)
}

// invited returns the token of an invitation's link: a header's, for addresses are
// logged on the way.
func invited(c *gin.Context) string { return c.GetHeader("Invitation-Token") }

// invitation shows what a link offers, and to whom: somebody who came in by
// single sign-on has to come in by themselves.
func (s *Server) invitation(c *gin.Context) {
	c.Header("Cache-Control", "no-store")
	ctx, raw := c.Request.Context(), s.SignIns.FromRequest(c.Request)
	o, err := s.Members.Offered(ctx, invited(c))
	if err != nil {
		answer.Error(c, err)
		return
	}
	person, err := s.SignIns.Person(ctx, raw)
	if err != nil {
		answer.Error(c, err)
		return
	}
	shown := gin.H{
		"email": o.Email, "workspace": o.Workspace, "role": o.Role, "invited_by": o.InvitedBy, "known": o.Known, "expires_at": o.ExpiresAt.UTC(),
		"signed_in": nil, "sso": false,
	}
	if person != nil {
		shown["signed_in"] = person.Email
	} else if who, err := s.SignIns.SignedIn(ctx, raw, answer.Address(ctx)); err == nil {
		shown["signed_in"], shown["sso"] = who.Person.Email, true
	}
	c.JSON(http.StatusOK, shown)
}

// acceptInvitation makes a member of who has the link, and signs in who is new.
func (s *Server) acceptInvitation(c *gin.Context) {
	var in struct{ Name, Password string }
	if !s.read(c, &in, small) {
		return
	}
	ctx := audit.With(c.Request.Context(), answer.Actor(c.Request.Context(), audit.Member, "", "")) // who that is becomes known on the way
	person, err := s.SignIns.Person(ctx, s.SignIns.FromRequest(c.Request))
	if err != nil {
		answer.Error(c, err)
		return
	}
	m, err := s.Members.Accept(ctx, invited(c), person, member.Newcomer{Name: in.Name, Password: in.Password})
	if err != nil {
		answer.Error(c, err)
		return
	}
	if person != nil {
		s.open(c, m.WorkspaceID)
		return
	}
	// The workspace is the only one that somebody new is in, so that it is the one that opens.
	o, err := s.SignIns.Enter(ctx, m.PersonID, "invitation", s.browser(c))
	if err != nil {
		answer.Error(c, err)
		return
	}
	s.came(c, o)
}
