import { useQuery } from "@tanstack/react-query";
import { getAbout, type About } from "@/api/session";
import { Async, Skeleton } from "./Async";
import { Badge, type Tone } from "./ui/badge";
import { Card, Facts } from "./ui/card";

const tiers: Record<About["code"], [tone: Tone, word: string, text: string]> = {
  isolated: ["good", "Isolated", "It sees no files and no programs of the machine, and its network leads through the egress guard."],
  offline: ["warn", "Isolated, without a network", "It sees no files and no programs of the machine, and reaches nobody."],
  refused: ["bad", "Refused", "The machine cannot keep it in, so that none is run. The operator is told by patchbay doctor what is missing."],
  none: ["bad", "Unprotected", "It sees the machine’s files, network and programs, as its operator says (PATCHBAY_SANDBOX=none)."],
};

/** What there is to know of the installation: how it runs code, and whether it takes e-mail. */
export function AboutCard() {
  const about = useQuery({ queryKey: ["about"], queryFn: getAbout, staleTime: 60_000 });
  return (
    <Card title="This installation">
      <Async query={about} skeleton={<Skeleton className="h-12" />}>
        {(a) => {
          const [tone, word, text] = tiers[a.code];
          return (
            <Facts
              facts={[
                [
                  "Code",
                  <span key="code">
                    <Badge tone={tone}>{word}</Badge>
                    <span className="mt-1 block text-[0.8125rem] text-muted">
                      {text} {a.code_why}
                    </span>
                  </span>,
                ],
                [
                  "E-mail in",
                  a.mail_domain ? (
                    <span key="mail">
                      Triggers take it, at addresses of <code className="break-all">@{a.mail_domain}</code>
                    </span>
                  ) : (
                    "None is taken: the operator gives it an address with PATCHBAY_SMTP_ADDRESS."
                  ),
                ],
              ]}
            />
          );
        }}
      </Async>
    </Card>
  );
}
