/** A user as every request of Box shows one. */
export interface BoxUser {
  readonly type: 'user';
  readonly id: string;
  readonly name: string;
  readonly login: string;
  readonly created_at: string;
  readonly modified_at: string;
  readonly language: string;
  readonly timezone: string;
  readonly space_amount: number;
  readonly space_used: number;
  readonly max_upload_size: number;
  readonly status: string;
  readonly job_title: string;
  readonly phone: string;
  readonly address: string;
  readonly avatar_url: string;
  readonly notification_email: null;
}

export interface BoxAccount {
  readonly token: string;
  readonly isAdministrator: boolean;
  readonly user: BoxUser;
}

/** What the users of the sandbox agree in. */
export const commonOfUsers = {
  type: 'user',
  created_at: '2012-12-12T10:53:43-08:00',
  modified_at: '2012-12-12T10:53:43-08:00',
  language: 'en',
  timezone: 'America/Los_Angeles',
  status: 'active',
  job_title: '',
  phone: '',
  address: '',
  notification_email: null,
} as const;

/** The accounts that the Box sandbox starts with. The administrator's is the one in the documentation of the old API. */
export const boxAccounts = {
  admin: {
    token: 'box-admin-token',
    isAdministrator: true,
    user: {
      ...commonOfUsers,
      id: '398387',
      name: 'Ed Example',
      login: 'email@example.com',
      space_amount: 1073741824,
      space_used: 0,
      max_upload_size: 2147483648,
      job_title: 'CEO',
      phone: '6509241374',
      address: '900 Jefferson Ave, Redwood City, CA 94063',
      avatar_url: 'https://www.box.com/api/avatar/large/398387',
    },
  },
  /** Its id has more than 32 bits. */
  managed: {
    token: 'box-managed-token',
    isAdministrator: false,
    user: {
      ...commonOfUsers,
      id: '11446498123',
      name: 'Mia Managed',
      login: 'mia@example.com',
      language: 'de',
      space_amount: 11345156112,
      space_used: 0,
      max_upload_size: 5368709120,
      avatar_url: 'https://www.box.com/api/avatar/large/11446498123',
    },
  },
  /** Has files and no quota. */
  unlimited: {
    token: 'box-unlimited-token',
    isAdministrator: false,
    user: {
      ...commonOfUsers,
      id: '181216415',
      name: 'Ute Unlimited',
      login: 'ute@example.com',
      space_amount: -1,
      space_used: 1237009912,
      max_upload_size: 2147483648,
      avatar_url: 'https://www.box.com/api/avatar/large/181216415',
    },
  },
} as const satisfies Record<string, BoxAccount>;
