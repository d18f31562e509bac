/*
 * gsoap <bridge URL>, with the stubs that wsdl2h -c -w and soapcpp2 -c -C -L make of a WSDL, for SOAP 1.2 with -2: with
 * LITERAL defined of that of document/literal. Performs a call for each line of standard input, as test/interop/programs.ts says.
 */
#include "boxnetBinding.nsmap"
#include "soapH.h"

#include <stdio.h>
#include <string.h>

/* In front of every key. */
static char place[64] = "";

static void show_text(const char *key, const char *value)
{
  printf("%s%s=%s\n", place, key, value ? value : "nil");
}

static void show_long(const char *key, LONG64 value)
{
  printf("%s%s=" SOAP_LONG_FORMAT "\n", place, key, value);
}

static void show_int(const char *key, int value)
{
  show_long(key, value);
}

static void show_known_long(const char *key, const LONG64 *value)
{
  if (value)
    show_long(key, *value);
}

static void show_known_int(const char *key, const int *value)
{
  if (value)
    show_int(key, *value);
}

/* A number that may be unknown is a pointer where the WSDL says so. */
#define SHOW(key, value)                                                                                               \
  _Generic((value), char *: show_text, int: show_int, int *: show_known_int, LONG64: show_long,                        \
           LONG64 *: show_known_long)(key, value)

static void show_attributes(const struct ns1__Attributes *attributes)
{
  size_t before = strlen(place);
  int i;

  for (i = 0; attributes && i < attributes->__sizeitem; i++) {
    snprintf(place + before, sizeof place - before, "attributes.%d.", i);
    SHOW("name", attributes->item[i].name);
    SHOW("value", attributes->item[i].value);
    place[before] = '\0';
  }
}

#ifdef LITERAL
static void show_user(const struct ns1__User *user)
#else
static void show_user(const struct ns1__SOAPUser *user)
#endif
{
  if (!user) {
    show_text("user", NULL);
    return;
  }
  SHOW("login", user->login);
  SHOW("email", user->email);
  SHOW("access_id", user->access_USCOREid);
  SHOW("user_id", user->user_USCOREid);
  SHOW("space_amount", user->space_USCOREamount);
  SHOW("space_used", user->space_USCOREused);
  SHOW("max_upload_size", user->max_USCOREupload_USCOREsize);
}

static void show_account(const struct ns1__Account *account)
{
  if (!account) {
    show_text("account", NULL);
    return;
  }
  SHOW("user_id", account->user_USCOREid);
  SHOW("native_id", account->native_USCOREid);
  SHOW("login", account->login);
  SHOW("name", account->name);
  SHOW("email", account->email);
  SHOW("pending_email", account->pending_USCOREemail);
  SHOW("avatar_url", account->avatar_USCOREurl);
  SHOW("language_code", account->language_USCOREcode);
  SHOW("space_amount", account->space_USCOREamount);
  SHOW("space_used", account->space_USCOREused);
  SHOW("max_upload_size", account->max_USCOREupload_USCOREsize);
  SHOW("plan_id", account->plan_USCOREid);
  show_attributes(account->attributes);
}

static void show_accounts(const struct ns1__Accounts *accounts)
{
  int i;

  for (i = 0; accounts && i < accounts->__sizeitem; i++) {
    snprintf(place, sizeof place, "accounts.%d.", i);
    show_account(&accounts->item[i]);
  }
  place[0] = '\0';
}

static void show_plan(const struct ns1__Plan *plan)
{
  if (!plan) {
    show_text("plan", NULL);
    return;
  }
  SHOW("plan_id", plan->plan_USCOREid);
  SHOW("project_limit", plan->project_USCORElimit);
  SHOW("component_limit", plan->component_USCORElimit);
  SHOW("worker_limit", plan->worker_USCORElimit);
  SHOW("storage_limit", plan->storage_USCORElimit);
  SHOW("monthly_gas_limit", plan->monthly_USCOREgas_USCORElimit);
  SHOW("monthly_upload_limit", plan->monthly_USCOREupload_USCORElimit);
  show_attributes(plan->attributes);
}

/* The words of the line: the action, then a name=value for each parameter. */
static char *words[16];
static int count;

/* The value of a parameter; of equal ones that of the first, since a second one becomes a reference only if it is. */
static char *value_of(const char *name)
{
  size_t length = strlen(name);
  char *value = NULL;
  int i;

  for (i = 1; i < count && !value; i++)
    if (!strncmp(words[i], name, length) && words[i][length] == '=')
      value = words[i] + length + 1;
  for (i = 1; i < count && value; i++)
    if (strchr(words[i], '=') && !strcmp(strchr(words[i], '=') + 1, value))
      return strchr(words[i], '=') + 1;
  return value;
}

/* Performs the action of a name in C with parameters in the order of the WSDL, and shows the status and what follows. */
#ifdef LITERAL
#define PERFORM(name, show, ...)                                                                                       \
  do {                                                                                                                 \
    struct _ns1__##name request = {__VA_ARGS__};                                                                       \
    struct _ns1__##name##Response reply;                                                                               \
    if (soap_call___ns1__##name(soap, endpoint, NULL, &request, &reply))                                               \
      return soap->error;                                                                                              \
    SHOW("status", reply.status);                                                                                      \
    show;                                                                                                              \
    return SOAP_OK;                                                                                                    \
  } while (0)
#else
#define PERFORM(name, show, ...)                                                                                       \
  do {                                                                                                                 \
    struct ns1__##name##Response reply;                                                                                \
    if (soap_call_ns1__##name(soap, endpoint, NULL, __VA_ARGS__, &reply))                                              \
      return soap->error;                                                                                              \
    SHOW("status", reply.status);                                                                                      \
    show;                                                                                                              \
    return SOAP_OK;                                                                                                    \
  } while (0)
#endif

static int perform(struct soap *soap, const char *endpoint, const char *action)
{
  char *api_key = value_of("api_key");
  char *auth_token = value_of("auth_token");
  char *user_id = value_of("user_id");
  char *name = value_of("name");
  char *email = value_of("email");

  if (!strcmp(action, "get_ticket"))
    PERFORM(get_USCOREticket, SHOW("ticket", reply.ticket), api_key);
  if (!strcmp(action, "get_auth_token"))
    PERFORM(get_USCOREauth_USCOREtoken, SHOW("auth_token", reply.auth_USCOREtoken); show_user(reply.user), api_key,
            value_of("ticket"));
  if (!strcmp(action, "get_account_info"))
    PERFORM(get_USCOREaccount_USCOREinfo, show_user(reply.user), api_key, auth_token);
  if (!strcmp(action, "logout"))
    PERFORM(logout, (void)0, api_key, auth_token);
  if (!strcmp(action, "authorization"))
    PERFORM(authorization, SHOW("auth_token", reply.auth_USCOREtoken); show_user(reply.user), api_key,
            value_of("login"), value_of("password"));
  if (!strcmp(action, "get_account_details"))
    PERFORM(get_USCOREaccount_USCOREdetails, show_account(reply.account), api_key, auth_token, user_id);
  if (!strcmp(action, "update_account"))
    PERFORM(update_USCOREaccount, show_account(reply.account), api_key, auth_token, user_id, name, value_of("login"),
            email, value_of("language_code"));
  if (!strcmp(action, "change_password"))
    PERFORM(change_USCOREpassword, show_account(reply.account), api_key, auth_token, value_of("current_password"),
            value_of("new_password"), value_of("new_password_confirmation"));
  if (!strcmp(action, "delete_account"))
    PERFORM(delete_USCOREaccount, (void)0, api_key, auth_token, user_id);
  if (!strcmp(action, "create_account"))
    PERFORM(create_USCOREaccount, show_account(reply.account), api_key, auth_token, name, email);
  if (!strcmp(action, "find_accounts"))
    PERFORM(find_USCOREaccounts, show_accounts(reply.accounts), api_key, auth_token, email);
  PERFORM(get_USCOREaccount_USCOREplan, show_plan(reply.plan), api_key, auth_token, user_id);
}

int main(int argc, char **argv)
{
  char endpoint[1024];
  char line[4096];
  struct soap *soap = soap_new1(SOAP_C_UTFSTRING);

  if (argc < 2)
    return 2;
  snprintf(endpoint, sizeof endpoint, "%s/api/1.0/soap", argv[1]);
  while (fgets(line, sizeof line, stdin)) {
    char *rest = line;

    line[strcspn(line, "\n")] = '\0';
    for (count = 0; count < 16 && rest; count++)
      words[count] = strsep(&rest, "\t");
    if (perform(soap, endpoint, words[0])) {
      if (!soap->fault)
        soap_set_fault(soap);
      printf("fault=%s %s\n", *soap_faultcode(soap), *soap_faultstring(soap));
    }
    puts("");
    fflush(stdout);
    soap_destroy(soap);
    soap_end(soap);
  }
  soap_free(soap);
  return 0;
}
