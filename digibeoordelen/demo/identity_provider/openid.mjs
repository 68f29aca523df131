// A certified OpenID provider (oidc-provider), with the people of a JSON file: `node openid.mjs config.json`.
// Its own development pages let anyone log in as any of them, with any password.
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { Provider } from "oidc-provider";

const config = JSON.parse(readFileSync(process.argv[2], "utf8"));

const provider = new Provider(config.issuer, {
  clients: config.clients,
  cookies: { keys: [randomBytes(32).toString("hex")] },
  claims: {
    openid: ["sub", "schac_home_organization", "eduperson_affiliation", "student_number"],
    email: ["email"],
    profile: ["given_name", "middle_name", "family_name"],
  },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  async findAccount(context, login) {
    const claims = config.people[login];
    return claims && { accountId: login, claims: () => ({ sub: login, ...claims }) };
  },
  // Nobody is asked whether the site may have the claims: the school decided that.
  async loadExistingGrant(context) {
    const grant = new context.oidc.provider.Grant({
      clientId: context.oidc.client.clientId,
      accountId: context.oidc.session.accountId,
    });
    grant.addOIDCScope("openid email profile");
    await grant.save();
    return grant;
  },
});

const { hostname, port } = new URL(config.issuer);
provider.listen(Number(port), hostname, () => console.log(`listening on ${config.issuer}`));
