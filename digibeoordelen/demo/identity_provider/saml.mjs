// A SAML 2.0 provider (samlp), with the people of a JSON file: `node saml.mjs config.json`.
// Its page lets anyone log in as any of them.
import { readFileSync } from "node:fs";
import express from "express";
import samlp from "samlp";

const config = JSON.parse(readFileSync(process.argv[2], "utf8"));
const options = {
  issuer: config.issuer,
  cert: config.cert,
  key: config.key,
  signatureAlgorithm: "rsa-sha256",
  digestAlgorithm: "sha256",
  getPostURL: (audience, request, received, callback) => callback(null, config.acs),
  audience: config.audience,
  destination: config.acs,
  recipient: config.acs,
  getUserFromRequest: (request) => ({ name: request.query.name, ...config.people[request.query.name] }),
  profileMapper: (person) => ({
    getClaims: () => Object.fromEntries(Object.entries(person).filter(([key]) => key !== "name")),
    getNameIdentifier: () => ({
      nameIdentifier: person.name,
      nameIdentifierFormat: "urn:oasis:names:tc:SAML:2.0:nameid-format:persistent",
    }),
  }),
};
const answer = samlp.auth(options);
const site = express();
site.get("/metadata", samlp.metadata({
  issuer: config.issuer,
  cert: config.cert,
  redirectEndpointPath: "/login",
  postEndpointPath: "/login",
  logoutEndpointPaths: {},
}));
site.get("/login", (request, response, next) => {
  if (request.query.name in config.people) return answer(request, response, next);
  const links = Object.keys(config.people).map((name) => {
    const query = new URLSearchParams({ ...request.query, name });
    return `<li><a href="/login?${query}">${name}</a></li>`;
  });
  response.send(`<!doctype html><title>SAML</title><h1>SAML</h1><ul>${links.join("")}</ul>`);
});
const { hostname, port } = new URL(config.issuer);
site.listen(Number(port), hostname, () => console.log(`listening on ${config.issuer}`));
