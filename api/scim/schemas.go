package scim

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/patchbay-dev/patchbay/api/answer"
	"github.com/patchbay-dev/patchbay/internal/directory"
)

func (s *Server) config(c *gin.Context) {
	no := gin.H{"supported": false}
	send(c, http.StatusOK, gin.H{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"},
		"patch":   gin.H{"supported": true}, "filter": gin.H{"supported": true, "maxResults": most},
		"bulk": gin.H{"supported": false, "maxOperations": 0, "maxPayloadSize": 0}, "changePassword": no, "sort": no, "etag": no,
		"authenticationSchemes": []gin.H{{"type": "oauthbearertoken", "name": "Bearer token", "description": "The directory's token, from the console.", "primary": true}},
		"meta":                  gin.H{"resourceType": "ServiceProviderConfig", "location": s.PublicURL + "/scim/v2/ServiceProviderConfig"},
	})
}

// list answers with all of a few.
func list(c *gin.Context, all []any) { page(c, directory.Page{Start: 1}, int64(len(all)), all) }

// one answers with one of a few, by its id.
func (s *Server) one(c *gin.Context, all []any) {
	for _, r := range all {
		if h, ok := r.(gin.H); ok && strings.EqualFold(h["id"].(string), c.Param("id")) { //nolint:forcetypeassert // ours
			send(c, http.StatusOK, h)
			return
		}
	}
	s.refuse(c, answer.ErrUnknownRoute)
}

func (s *Server) kinds() []any {
	kind := func(name, schema string) any {
		return gin.H{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:ResourceType"}, "id": name, "name": name, "endpoint": "/" + name + "s", "schema": schema,
			"meta": gin.H{"resourceType": "ResourceType", "location": s.PublicURL + "/scim/v2/ResourceTypes/" + name},
		}
	}
	return []any{kind("User", schemaUser), kind("Group", schemaGroup)}
}

func (s *Server) resourceTypes(c *gin.Context) { list(c, s.kinds()) }
func (s *Server) resourceType(c *gin.Context)  { s.one(c, s.kinds()) }

func attribute(name, kind string, more ...gin.H) gin.H {
	out := gin.H{
		"name": name, "type": kind, "multiValued": false, "required": false, "caseExact": false, "mutability": "readWrite", "returned": "default", "uniqueness": "none",
	}
	for _, m := range more {
		for k, v := range m {
			out[k] = v
		}
	}
	return out
}

func (s *Server) forms() []any {
	form := func(id, name string, all ...gin.H) any {
		return gin.H{
			"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:Schema"}, "id": id, "name": name, "attributes": all,
			"meta": gin.H{"resourceType": "Schema", "location": s.PublicURL + "/scim/v2/Schemas/" + id},
		}
	}
	needed := gin.H{"required": true, "uniqueness": "server"}
	return []any{
		form(schemaUser, "User",
			attribute("userName", "string", needed), attribute("displayName", "string"), attribute("active", "boolean"),
			attribute("name", "complex", gin.H{"subAttributes": []gin.H{attribute("givenName", "string"), attribute("familyName", "string"), attribute("formatted", "string", gin.H{"mutability": "readOnly"})}}),
			attribute("emails", "complex", gin.H{"multiValued": true, "subAttributes": []gin.H{attribute("value", "string"), attribute("type", "string"), attribute("primary", "boolean")}}),
			attribute("groups", "complex", gin.H{"multiValued": true, "mutability": "readOnly", "subAttributes": []gin.H{attribute("value", "string"), attribute("display", "string")}}),
		),
		form(schemaGroup, "Group",
			attribute("displayName", "string", needed),
			attribute("members", "complex", gin.H{"multiValued": true, "subAttributes": []gin.H{attribute("value", "string", gin.H{"mutability": "immutable"})}}),
		),
	}
}

func (s *Server) schemas(c *gin.Context) { list(c, s.forms()) }
func (s *Server) schema(c *gin.Context)  { s.one(c, s.forms()) }
