package masterkey

import (
	"context"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go-awskms/v3/integration/awskms"
)

// openAWS names a key by its ARN. Region is the ARN's; credentials, endpoint
// and the like come from where the AWS tools take them.
func openAWS(ctx context.Context, setting string) (*Key, error) {
	arn := strings.TrimPrefix(setting, awsScheme)
	a, err := awskms.NewAEADWithContext(ctx, arn)
	if err != nil {
		return nil, fmt.Errorf("key of AWS KMS: %w. Want %sarn:aws:kms:region:account:key/id", err, awsScheme)
	}
	return &Key{AEADWithContext: remote{a, "AWS KMS"}, Fingerprint: fingerprint("aws", []byte(arn)), Place: setting}, nil
}
