package provider

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/patchbay-dev/patchbay/internal/catalog"
)

// unsigned stands for the hash of a body that is not signed. Amazon S3 takes it
// over TLS, so that an upload of any length streams.
const unsigned = "UNSIGNED-PAYLOAD"

// signAWS signs a request by AWS Signature Version 4 with the user's access
// key. The secret stays here.
func (c *Connection) signAWS(req *http.Request, values map[string]string) error {
	service, region, err := c.place(req.URL.Hostname(), values)
	if err != nil {
		return err
	}
	s3 := service == "s3"
	sum := unsigned
	if body, err := readBody(req); err == nil {
		h := sha256.Sum256(body)
		sum = hex.EncodeToString(h[:])
	} else if !errors.Is(err, ErrBodySize) || !s3 || req.URL.Scheme != "https" || req.ContentLength <= maxBody {
		return err // of a length that is not known beforehand, S3 takes none
	}
	req.Header.Del("Authorization")
	req.Header.Set("X-Amz-Content-Sha256", sum)
	signer := v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = s3 })
	key := aws.Credentials{
		AccessKeyID: c.Inputs["access_key_id"], SecretAccessKey: c.Inputs["secret_access_key"], SessionToken: c.Inputs["session_token"],
	}
	if err := signer.SignHTTP(req.Context(), key, req, sum, service, region, c.Now()); err != nil {
		return fmt.Errorf("sign request: %w", err)
	}
	return nil
}

var awsRegion = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)

// place returns the names of a service and a region in a signature. Below the
// domain that the app's file names, the host says both; a service without a
// region in its host is signed for the first region.
func (c *Connection) place(host string, values map[string]string) (service, region string, err error) {
	at := c.Auth.SigV4
	if service, err = catalog.Expand(at.Service, values); err != nil {
		return "", "", fmt.Errorf("sigv4.service: %w", err)
	}
	if region, err = catalog.Expand(at.Region, values); err != nil {
		return "", "", fmt.Errorf("sigv4.region: %w", err)
	}
	rest, ok := strings.CutSuffix(strings.ToLower(host), at.Domain)
	if !ok || at.Domain == "" {
		return service, region, nil
	}
	labels := strings.Split(rest, ".")
	last := len(labels) - 1
	region = "us-east-1"
	if awsRegion.MatchString(labels[last]) && last > 0 {
		region, last = labels[last], last-1
	}
	if labels[last] == "dualstack" && last > 0 {
		last--
	}
	service = labels[last]
	if name, ok := at.Names[service]; ok {
		service = name
	}
	return service, region, nil
}
